package dev.gradwire.service.reliability;

import dev.gradwire.service.ServeCommand;
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
import java.util.List;
import java.util.Map;

/** A server in a process of its own, whose memory is then nobody else's; ends with {@link #close}. */
final class ServerProcess implements AutoCloseable {
    private final Process process;
    private final int port;
    private final HttpRequest metrics;
    private final HttpClient http = HttpClient.newHttpClient();

    private ServerProcess(Process process, int port, int adminPort) {
        this.process = process;
        this.port = port;
        metrics = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + adminPort + "/metrics"))
                .build();
    }

    /**
     * Starts it and waits until it serves.
     *
     * @param javaOptions such as -Xmx64m
     * @param options of the serve command
     */
    static ServerProcess start(List<String> javaOptions, String... options) throws IOException {
        return start(Map.of(), javaOptions, options);
    }

    /** @param environment beside what this process has */
    static ServerProcess start(Map<String, String> environment, List<String> javaOptions, String... options)
            throws IOException {
        int adminPort = freePort();
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED"));
        command.addAll(javaOptions);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), ServeCommand.class.getName()));
        command.addAll(List.of("--port=0", "--threads=1", "--warm-up=0", "--admin-port=" + adminPort));
        command.addAll(List.of(options));
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().putAll(environment);
        Process process = builder.start();
        BufferedReader lines = process.inputReader();
        String line = lines.readLine();
        while (line != null && !line.contains(" serving on ")) {
            line = lines.readLine();
        }
        if (line == null) {
            throw new IOException("the server did not start");
        }
        return new ServerProcess(process, Integer.parseInt(line.substring(line.lastIndexOf(':') + 1)), adminPort);
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

    /**
     * The sum of a metric's series.
     *
     * @param prefix of their lines on the admin port, up to the value or a part of the labels: {@code
     *     gradwire_budget_leases}
     */
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

    /** Bytes of the buffers of connections. */
    long nettyBytes() {
        return (long) metric("jvm_memory_used_bytes{jvm_memory_type=\"netty\"");
    }

    /** Parts of the tensor memory that are held. */
    long leases() {
        return (long) metric("gradwire_budget_leases");
    }

    long openSessions() {
        return (long) metric("gradwire_sessions_open");
    }

    /** Physical memory now; 0 where this is not Linux. */
    long residentBytes() {
        return status("VmRSS:");
    }

    /** The most physical memory that it has had; 0 where this is not Linux. */
    long peakBytes() {
        return status("VmHWM:");
    }

    private long status(String name) {
        Path file = Path.of("/proc", Long.toString(process.pid()), "status");
        if (!Files.isReadable(file)) {
            return 0;
        }
        try {
            return Files.readAllLines(file).stream()
                    .filter(line -> line.startsWith(name))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
