package dev.gradwire.cli.soak;

import dev.gradwire.cli.Main;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A server in a process of its own, with its metrics and its log. */
final class ServerProcess implements AutoCloseable {
    private static final List<String> COMMON =
            List.of("--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED");

    private final Process process;
    private final Path log;
    private final int port;
    private final HttpRequest metrics;
    private final HttpClient http = HttpClient.newHttpClient();

    private ServerProcess(Process process, Path log, int port, int adminPort) {
        this.process = process;
        this.log = log;
        this.port = port;
        metrics = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + adminPort + "/metrics"))
                .build();
    }

    /**
     * Starts it and waits until it serves.
     *
     * @param javaOptions such as -Xmx1g
     * @param options of serve
     */
    static ServerProcess start(List<String> javaOptions, String... options) throws IOException {
        int adminPort = freePort();
        List<String> arguments = new ArrayList<>(List.of("serve", "--port=0", "--warm-up=3000"));
        arguments.add("--admin-port=" + adminPort);
        arguments.addAll(Arrays.asList(options));
        Path log = Files.createTempFile("gradwire-soak", ".log");
        Process process =
                java(javaOptions, arguments).redirectError(log.toFile()).start();
        BufferedReader lines = process.inputReader();
        String line = lines.readLine();
        while (line != null && !line.contains(" serving on ")) {
            line = lines.readLine();
        }
        if (line == null) {
            throw new IOException("the server did not start: " + Files.readString(log));
        }
        return new ServerProcess(process, log, Integer.parseInt(line.substring(line.lastIndexOf(':') + 1)), adminPort);
    }

    /** A command of this program in a process of its own. */
    static ProcessBuilder java(List<String> javaOptions, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(COMMON);
        command.addAll(javaOptions);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(arguments);
        return new ProcessBuilder(command);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    int port() {
        return port;
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** The sum of the metric's series whose lines on the admin port begin so. */
    double metric(String prefix) {
        try {
            return http.send(metrics, BodyHandlers.ofLines())
                    .body()
                    .filter(line -> line.startsWith(prefix))
                    .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                    .sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    double leases() {
        return metric("gradwire_budget_leases");
    }

    /** Bytes of the buffers of connections. */
    double nettyBytes() {
        return metric("jvm_memory_used_bytes{jvm_memory_type=\"netty\"");
    }

    double threads() {
        return metric("jvm_thread_count");
    }

    double descriptors() {
        return metric("process_unix_file_descriptor_count");
    }

    /** Physical memory now, in bytes; 0 where this is not Linux. */
    double residentBytes() {
        return ProcessStatus.bytes(process.pid(), "VmRSS:");
    }

    /** The most physical memory that it has had, in bytes; 0 where this is not Linux. */
    double peakBytes() {
        return ProcessStatus.bytes(process.pid(), "VmHWM:");
    }

    /** Lines of its log with the text. */
    long logged(String text) {
        try {
            return Files.readAllLines(log).stream()
                    .filter(line -> line.contains(text))
                    .count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until it holds no tensor memory; gives the seconds that it took. */
    double settle(double atMostSeconds) throws InterruptedException {
        long start = System.nanoTime();
        double asked = 0;
        while (leases() != 0 && asked < atMostSeconds) {
            Thread.sleep(10);
            // The answer tells of this time, however long it takes to come.
            asked = (System.nanoTime() - start) / 1e9;
        }
        return asked;
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor();
            Files.deleteIfExists(log);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
