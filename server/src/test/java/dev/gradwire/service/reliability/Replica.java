package dev.gradwire.service.reliability;

import dev.gradwire.v1.AutogradServiceGrpc;
import dev.gradwire.v1.AutogradServiceGrpc.AutogradServiceStub;
import dev.gradwire.v1.RunRequest;
import dev.gradwire.v1.RunResponse;
import io.grpc.ManagedChannel;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A server in a process of its own, and a channel to it. */
final class Replica implements AutoCloseable {
    final Process process;
    final ManagedChannel channel;
    private final CompletableFuture<Long> notServingNanos = new CompletableFuture<>();

    Replica(Class<?> main, String... args) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-Xmx512m",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(List.of(args));
        process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        channel = NettyChannelBuilder.forAddress("127.0.0.1", port(process.inputReader(StandardCharsets.UTF_8)))
                .usePlaintext()
                .build();
    }

    private static int port(BufferedReader out) throws IOException {
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            int at = line.indexOf(" serving on 127.0.0.1:");
            if (at >= 0) {
                return Integer.parseInt(line.substring(line.lastIndexOf(':') + 1));
            }
        }
        throw new IOException("the replica ended before it served");
    }

    /** The time at which the replica says that it takes no more. */
    CompletableFuture<Long> watch() {
        HealthGrpc.newStub(channel).watch(HealthCheckRequest.getDefaultInstance(), new StreamObserver<>() {
            @Override
            public void onNext(HealthCheckResponse response) {
                if (response.getStatus() == ServingStatus.NOT_SERVING) {
                    notServingNanos.complete(System.nanoTime());
                }
            }

            @Override
            public void onError(Throwable failure) {
                notServingNanos.completeExceptionally(failure);
            }

            @Override
            public void onCompleted() {}
        });
        return notServingNanos;
    }

    CompletableFuture<RunResponse> run(RunRequest request) {
        CompletableFuture<RunResponse> answer = new CompletableFuture<>();
        AutogradServiceStub stub = AutogradServiceGrpc.newStub(channel);
        stub.run(request, new StreamObserver<>() {
            @Override
            public void onNext(RunResponse response) {
                answer.complete(response);
            }

            @Override
            public void onError(Throwable failure) {
                answer.completeExceptionally(failure);
            }

            @Override
            public void onCompleted() {}
        });
        return answer;
    }

    @Override
    public void close() {
        channel.shutdownNow();
        process.destroyForcibly();
    }
}
