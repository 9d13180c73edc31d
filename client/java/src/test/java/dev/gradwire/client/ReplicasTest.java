package dev.gradwire.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.service.GradwireServer;
import dev.gradwire.service.Limit;
import dev.gradwire.service.Limits;
import dev.gradwire.service.ServerConfig;
import dev.gradwire.v1.Open;
import dev.gradwire.v1.Open.SourceCase;
import dev.gradwire.v1.SessionRequest;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Sessions name programs by digests that a real server, or another one in its place, knows or does not know. */
final class ReplicasTest {
    private final List<GradwireServer> servers = new ArrayList<>();
    private final List<ManagedChannel> channels = new ArrayList<>();
    private final List<Open> opens = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() {
        channels.forEach(ManagedChannel::shutdownNow);
        servers.forEach(GradwireServer::close);
    }

    private void start(ServerConfig config) throws Exception {
        GradwireServer server = GradwireServer.start(config);
        servers.add(server);
        channels.add(Grpc.newChannelBuilder("localhost:" + server.port(), InsecureChannelCredentials.create())
                .build());
    }

    /** Takes one server after the other, as a balancer does, and writes down how programs are named. */
    private final class Balancer extends Channel {
        private int calls;

        @Override
        public <A, B> ClientCall<A, B> newCall(MethodDescriptor<A, B> method, CallOptions options) {
            Channel next = channels.get(calls++ % channels.size());
            return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
                @Override
                public void sendMessage(A message) {
                    if (message instanceof SessionRequest request && request.hasOpen()) {
                        opens.add(request.getOpen());
                    }
                    super.sendMessage(message);
                }
            };
        }

        @Override
        public String authority() {
            return "balancer";
        }
    }

    private void sessions(int count) {
        Gradwire client = Gradwire.builder("").channel(new Balancer()).build();
        Tensor x = client.input(DType.FLOAT32, 2);
        Tensor w = client.tensor(new float[] {1, 2}).requiresGrad(true);
        Tensor loss = w.mul(x).sum();
        Tensor next = w.sub(Gradwire.grad(loss, w).getFirst());
        Program program = Program.builder().output("loss", loss).carry(w, next).build();
        TensorData batch = TensorData.of(new float[] {3, 4}, 2);
        for (int i = 0; i < count; i++) {
            try (Session session = client.session()) {
                assertThat(session.run(program, Map.of(x, batch)).get("loss").item())
                        .isEqualTo(11);
                assertThat(session.run(program, Map.of()).get("loss").item()).isEqualTo(-14);
            }
        }
    }

    @Test
    void oneServerIsSentTheProgramOnce() throws Exception {
        start(ServerConfig.DEFAULT);
        sessions(3);

        assertThat(opens)
                .extracting(Open::getSourceCase)
                .containsExactly(SourceCase.PROGRAM, SourceCase.DIGEST, SourceCase.DIGEST);
    }

    @Test
    void anotherServerIsSentTheProgramWithoutAnyoneNoticing() throws Exception {
        start(ServerConfig.DEFAULT);
        start(ServerConfig.DEFAULT);
        sessions(4);

        assertThat(opens)
                .extracting(Open::getSourceCase)
                .containsExactly(
                        SourceCase.PROGRAM,
                        SourceCase.DIGEST,
                        SourceCase.PROGRAM,
                        SourceCase.DIGEST,
                        SourceCase.DIGEST);
    }

    @Test
    void aServerThatKeepsNoProgramsServesAllTheSame() throws Exception {
        start(ServerConfig.DEFAULT.withLimits(new Limits(Map.of(Limit.MAX_PROGRAM_CACHE_BYTES, 1L))));
        sessions(3);

        // Its cache may hold a program for a moment.
        assertThat(opens).hasSizeGreaterThanOrEqualTo(3);
    }
}
