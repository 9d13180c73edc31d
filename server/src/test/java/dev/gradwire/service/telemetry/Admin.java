package dev.gradwire.service.telemetry;

import dev.gradwire.service.TestServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Asks an admin port on this machine. */
final class Admin {
    private static final Pattern TYPE = Pattern.compile("(?m)^# TYPE (\\S+) ");

    private final int port;

    Admin(int port) {
        this.port = port;
    }

    /** A port that is free at the moment. */
    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static TestServer server(TelemetrySettings settings) throws IOException {
        return new TestServer(TestServer.CONFIG.withTelemetry(settings));
    }

    HttpResponse<String> ask(String method, String path, String accept) {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .header("Accept", accept)
                .method(method, BodyPublishers.noBody())
                .build();
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(request, BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    String metrics() {
        return ask("GET", "/metrics", "*/*").body();
    }

    /** Names of metrics, with _total, without the suffixes of a histogram's series. */
    Set<String> metricNames() {
        Set<String> names = new TreeSet<>();
        Matcher types = TYPE.matcher(metrics());
        while (types.find()) {
            names.add(types.group(1));
        }
        return names;
    }

    /** Of the one sample whose name and labels are these: {@code name{key="value"}}. */
    double value(String sample) {
        return metrics()
                .lines()
                .filter(line -> line.startsWith(sample + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(sample.length() + 1)))
                .findFirst()
                .orElse(Double.NaN);
    }
}
