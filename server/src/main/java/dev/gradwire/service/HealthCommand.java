package dev.gradwire.service;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The {@code health} command: asks a server for its health; for containers, which need no other client then. */
@Command(
        name = "health",
        description = "Asks a server for its health: 0 where it serves, 1 where it does not or cannot be reached.",
        mixinStandardHelpOptions = true)
public final class HealthCommand implements Callable<Integer> {
    @Option(names = "--host", description = "Where it listens (default: ${DEFAULT-VALUE}).", defaultValue = "127.0.0.1")
    private String host = "";

    @Option(
            names = "--port",
            description = "Its port (default: ${DEFAULT-VALUE}).",
            defaultValue = "" + ServerConfig.DEFAULT_PORT)
    private int port;

    @Option(names = "--timeout", description = "Seconds to wait (default: ${DEFAULT-VALUE}).", defaultValue = "3")
    private int timeoutSeconds;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    /** Runs the command alone. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new HealthCommand()).execute(args));
    }

    @Override
    public Integer call() {
        ManagedChannel channel =
                NettyChannelBuilder.forAddress(host, port).usePlaintext().build();
        try {
            ServingStatus status = HealthGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(timeoutSeconds, TimeUnit.SECONDS)
                    .check(HealthCheckRequest.getDefaultInstance())
                    .getStatus();
            spec.commandLine().getOut().println(status);
            return status == ServingStatus.SERVING ? 0 : 1;
        } catch (StatusRuntimeException e) {
            spec.commandLine().getErr().println(e.getStatus().getCode());
            return 1;
        } finally {
            channel.shutdownNow();
        }
    }
}
