package dev.gradwire.kernel.torch;

import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.jspecify.annotations.Nullable;

/** The shared libraries inside the jars of {@code org.bytedeco}; nothing else of those jars is used. */
final class EmbeddedLibrary {
    /** Overrides the folder for unpacked files. */
    static final String CACHE_PROPERTY = "gradwire.cache";

    private static final List<String> TORCH = List.of("libgomp.so.1", "libc10.so", "libtorch_cpu.so");
    private static final List<String> OPENBLAS =
            List.of("libgcc_s.so.1", "libquadmath.so.0", "libgfortran.so.5", "libopenblas.so.0");

    /** @param fingerprint changes with the content */
    record Source(String name, URL url, long lengthInBytes, String fingerprint) {}

    private final List<Source> sources;

    EmbeddedLibrary(List<Source> sources) {
        this.sources = List.copyOf(sources);
    }

    /** Looks in the class path for the files of this platform. */
    static Optional<EmbeddedLibrary> find() throws IOException {
        String platform = "linux-" + (System.getProperty("os.arch").equals("aarch64") ? "arm64" : "x86_64");
        if (!System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("linux")) {
            return Optional.empty();
        }
        List<Source> sources = new ArrayList<>();
        for (String name : TORCH) {
            @Nullable Source source = source("org/bytedeco/pytorch/" + platform + "/" + name);
            if (source == null) {
                return Optional.empty();
            }
            sources.add(source);
        }
        for (String name : OPENBLAS) {
            @Nullable Source source = source("org/bytedeco/openblas/" + platform + "/" + name);
            if (source != null) {
                sources.add(source);
            }
        }
        return Optional.of(new EmbeddedLibrary(sources));
    }

    private static @Nullable Source source(String resource) throws IOException {
        URL url = EmbeddedLibrary.class.getClassLoader().getResource(resource);
        if (url == null) {
            return null;
        }
        String name = resource.substring(resource.lastIndexOf('/') + 1);
        URLConnection connection = url.openConnection();
        connection.setUseCaches(false);
        if (connection instanceof JarURLConnection jar) {
            try (JarFile file = jar.getJarFile()) {
                ZipEntry entry = file.getEntry(jar.getEntryName());
                return new Source(name, url, entry.getSize(), Long.toHexString(entry.getCrc()));
            }
        }
        long length = connection.getContentLengthLong();
        connection.getInputStream().close();
        return new Source(name, url, length, "at " + connection.getLastModified());
    }

    /**
     * Copies the files into a folder that is named by version and content, unless they are there already. Processes
     * that start at once each write a folder of their own and rename it; whoever comes late uses the winner's.
     *
     * @return the folder
     */
    Path unpack(Path cache) throws IOException {
        Path folder = cache.resolve("libtorch-" + version() + "-" + digest());
        if (isComplete(folder)) {
            return folder;
        }
        Files.createDirectories(cache);
        Path part = Files.createTempDirectory(cache, folder.getFileName() + ".part");
        try {
            for (Source source : sources) {
                try (InputStream in = source.url.openStream()) {
                    Files.copy(in, part.resolve(source.name));
                }
            }
            if (Files.exists(folder) && !isComplete(folder)) {
                moveAway(folder, cache);
            }
            try {
                move(part, folder);
            } catch (IOException e) {
                if (!isComplete(folder)) {
                    throw e;
                }
            }
            return folder;
        } finally {
            delete(part);
        }
    }

    /** What a full disk or a killed process left behind; it may be in use, so it is renamed before it is deleted. */
    private static void moveAway(Path folder, Path cache) throws IOException {
        Path away = Files.createTempDirectory(cache, folder.getFileName() + ".broken");
        try {
            move(folder, away.resolve("folder"));
        } catch (NoSuchFileException e) {
            // Another process was faster.
        }
        delete(away);
    }

    private static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to);
        }
    }

    private boolean isComplete(Path folder) throws IOException {
        for (Source source : sources) {
            Path file = folder.resolve(source.name);
            if (!Files.isRegularFile(file) || Files.size(file) != source.lengthInBytes) {
                return false;
            }
        }
        return true;
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    /** Where unpacked files go unless told otherwise. */
    static Path cache() {
        String property = System.getProperty(CACHE_PROPERTY);
        if (property != null && !property.isBlank()) {
            return Path.of(property);
        }
        String xdg = System.getenv("XDG_CACHE_HOME");
        Path base = xdg == null || xdg.isBlank() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(xdg);
        return base.resolve("gradwire");
    }

    private static String version() throws IOException {
        Properties properties = new Properties();
        try (InputStream in = EmbeddedLibrary.class
                .getClassLoader()
                .getResourceAsStream("META-INF/maven/org.bytedeco/pytorch/pom.properties")) {
            if (in != null) {
                properties.load(in);
            }
        }
        return properties.getProperty("version", "unknown");
    }

    /** Of names, lengths and checksums as the jar lists them: reading 300 MB at each start would take a second. */
    private String digest() {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            for (Source source : sources) {
                String line = source.name + ' ' + source.lengthInBytes + ' ' + source.fingerprint + '\n';
                sha.update(line.getBytes(StandardCharsets.UTF_8));
            }
            return HexFormat.of().formatHex(sha.digest(), 0, 6);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
