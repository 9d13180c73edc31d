package dev.gradwire.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.gradwire.v1.AutogradServiceGrpc;
import dev.gradwire.v1.GetServerInfoRequest;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The graphs that a server tests itself with: right ones let it serve, a wrong result does not. */
final class SelfTestTest {
    private static final ServerConfig WARM = TestServer.CONFIG.withWarmUp(Duration.ofMillis(200));

    static Stream<SelfTestGraph> graphs() {
        return SelfTestGraph.all().stream();
    }

    @ParameterizedTest
    @MethodSource("graphs")
    void givesWhatArithmeticGives(SelfTestGraph graph) {
        try (SelfTest test = new SelfTest(1, List.of(graph))) {
            test.run();
            test.runFor(Duration.ofMillis(1)); // a round
        }
    }

    @ParameterizedTest
    @MethodSource("graphs")
    void noticesAWrongValue(SelfTestGraph graph) {
        assertFails(
                wrong(graph, graph.value() + 0.01 * Math.abs(graph.value()) + 0.01, graph.gradient()), "a value of ");
    }

    @ParameterizedTest
    @MethodSource("graphs")
    void noticesAWrongGradient(SelfTestGraph graph) {
        assertFails(wrong(graph, graph.value(), Double.NaN), "a gradient of ");
    }

    private static void assertFails(SelfTestGraph graph, String what) {
        try (SelfTest test = new SelfTest(1, List.of(graph))) {
            assertThatExceptionOfType(SelfTestException.class)
                    .isThrownBy(test::run)
                    .withMessageContaining("'" + graph.name() + "'")
                    .withMessageContaining(what);
        }
    }

    private static SelfTestGraph wrong(SelfTestGraph graph, double value, double gradient) {
        return new SelfTestGraph(graph.name(), graph.graph(), graph.functions(), graph.inputs(), value, gradient);
    }

    @Test
    void noticesAGraphThatDoesNotRun() {
        SelfTestGraph right = SelfTestGraph.elementwise();
        SelfTestGraph unknown = new SelfTestGraph(
                "unknown",
                right.graph().toBuilder()
                        .addNodes(Wire.node("odd", "no_such_operator"))
                        .build(),
                right.functions(),
                right.inputs(),
                right.value(),
                right.gradient());
        assertFails(unknown, "no_such_operator");
    }

    @Test
    void nobodyElseCallsTheServiceOfTheWarmUp() throws IOException {
        try (TestServer server = TestServer.start();
                LocalCalls calls = new LocalCalls(server.resources())) {
            assertThat(calls.run(SelfTestGraph.loop().request(1)).getGradientsCount())
                    .isEqualTo(1);
            ManagedChannel stranger = NettyChannelBuilder.forAddress("127.0.0.1", calls.port())
                    .usePlaintext()
                    .build();
            assertThatExceptionOfType(StatusRuntimeException.class)
                    .isThrownBy(() -> AutogradServiceGrpc.newBlockingStub(stranger)
                            .run(SelfTestGraph.loop().request(1)))
                    .withMessageContaining("UNAUTHENTICATED");
            stranger.shutdownNow();
        }
    }

    @Test
    void aServerThatWarmsUpServesAndLeavesNothingBehind() throws IOException {
        try (TestServer server = new TestServer(WARM)) {
            assertThat(server.stub()
                            .getServerInfo(GetServerInfoRequest.getDefaultInstance())
                            .getOperatorsCount())
                    .isPositive();
            server.assertNothingHeld();
        }
    }

    @Test
    void aServerWhoseTestFailsDoesNotServe() {
        SelfTestGraph graph = SelfTestGraph.loop();
        assertThatExceptionOfType(SelfTestException.class)
                .isThrownBy(() -> GradwireServer.start(WARM, List.of(wrong(graph, graph.value() + 1, 0))))
                .withMessageContaining("the self-test 'loop' gave a value of");
    }
}
