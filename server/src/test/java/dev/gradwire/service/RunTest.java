package dev.gradwire.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.v1.AutogradServiceGrpc;
import dev.gradwire.v1.AutogradServiceGrpc.AutogradServiceBlockingStub;
import dev.gradwire.v1.Backward;
import dev.gradwire.v1.GradFn;
import dev.gradwire.v1.Gradient;
import dev.gradwire.v1.RunRequest;
import dev.gradwire.v1.RunResponse;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Run, Plan and GetServerInfo over a real connection. */
final class RunTest {
    private static GradwireServer server;
    private static ManagedChannel channel;
    private static AutogradServiceBlockingStub stub;

    @BeforeAll
    static void start() throws Exception {
        server = GradwireServer.start(ServerConfig.DEFAULT);
        channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                .usePlaintext()
                .build();
        stub = AutogradServiceGrpc.newBlockingStub(channel);
    }

    @AfterAll
    static void stop() {
        channel.shutdownNow();
        server.close();
    }

    @Test
    void returnsValuesGradientsAndGradFns() {
        RunResponse response = stub.run(RunRequest.newBuilder()
                .setProgram(Wire.program(Wire.squares(3)))
                .addInputs(Wire.named("x", Wire.vector(1, 2, 3)))
                .setBackward(Backward.getDefaultInstance())
                .build());
        assertThat(Wire.floats(response.getOutputs(0).getTensor())).containsExactly(14);
        Gradient gradient = response.getGradients(0);
        assertThat(gradient.getInput()).isEqualTo("x");
        assertThat(Wire.floats(gradient.getValue())).containsExactly(2, 4, 6);
        assertThat(response.getGradFnsList())
                .extracting(GradFn::getName)
                .containsExactly("AccumulateGrad", "MulBackward0", "SumBackward0");
        assertThat(response.getDigest().size()).isEqualTo(32);
        assertThat(response.getStatistics().getComputeNanoseconds()).isPositive();
        assertThat(response.getGuarantees().getDeterministic()).isTrue();
    }
}
