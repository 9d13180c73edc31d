package dev.gradwire.service.reliability;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.service.SessionClient;
import dev.gradwire.service.TestServer;
import dev.gradwire.service.Wire;
import dev.gradwire.v1.AutogradServiceGrpc;
import dev.gradwire.v1.Execute;
import dev.gradwire.v1.Graph;
import dev.gradwire.v1.Open;
import dev.gradwire.v1.RunRequest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * L3: clients that ask for a large result and hardly read it cost their result's lease and a bounded queue, and are cut.
 * Some do not ask for messages, some do not even read their socket. The server is a process of its own, so that its
 * buffers are no client's.
 */
final class SlowReadersTest {
    private static final int READERS = 50;
    private static final int RESULT_BYTES = 8 << 20;
    private static final long ELEMENTS = RESULT_BYTES / Float.BYTES;
    private static final int STALL_SECONDS = 4;
    /** The server looks once a second, and this machine may have other work. */
    private static final int CUT_SECONDS = STALL_SECONDS + 10;

    private static final long QUEUED_BYTES = 2 << 20;
    private static final int CALLS = 200;

    private static Open.Builder program() {
        return Open.newBuilder()
                .setProgram(Wire.program(Graph.newBuilder()
                        .addInputs(Wire.leaf("x", 1))
                        .addNodes(Wire.node("wide", "expand", Wire.value("x"), Wire.integers(ELEMENTS)))
                        .addNodes(Wire.node("y", "neg", Wire.value("wide")))
                        .addOutputs("y")));
    }

    private static SessionClient ask(Sockets.Client client) {
        SessionClient session = new SessionClient(AutogradServiceGrpc.newStub(client.channel()), false).open(program());
        session.call.request(1);
        session.opened();
        session.tensor("x", Wire.vector(1)).execute(Execute.newBuilder().setRunId(1));
        return session;
    }

    /** The 99th percentile in milliseconds of small calls, one after the other. */
    private static double p99(Sockets.Client client) {
        RunRequest request = RunRequest.newBuilder()
                .setProgram(Wire.program(Wire.squares(2)))
                .addInputs(Wire.named("x", Wire.vector(3, 4)))
                .build();
        double[] millis = new double[CALLS];
        for (int i = 0; i < CALLS; i++) {
            long start = System.nanoTime();
            float y = Wire.floats(AutogradServiceGrpc.newBlockingStub(client.channel())
                    .withDeadlineAfter(10, TimeUnit.SECONDS)
                    .run(request)
                    .getOutputs(0)
                    .getTensor())[0];
            millis[i] = (System.nanoTime() - start) / 1e6;
            assertThat(y).isEqualTo(25);
        }
        Arrays.sort(millis);
        return millis[(int) (0.99 * (CALLS - 1))];
    }

    @Test
    void l3ClientsThatHardlyReadAreBoundedAndCut() throws IOException {
        try (ServerProcess server = ServerProcess.start(List.of("-Xmx512m"), "--max-stall-seconds=" + STALL_SECONDS);
                Sockets sockets = new Sockets();
                Sockets.Client other = sockets.connect(server.port())) {
            p99(other);
            double quiet = p99(other);
            long before = server.nettyBytes();
            List<SessionClient> sessions = new ArrayList<>();
            List<Sockets.Client> clients = new ArrayList<>();
            for (int i = 0; i < READERS; i++) {
                Sockets.Client client = sockets.connect(server.port());
                clients.add(client);
                sessions.add(ask(client));
                if (i % 2 == 0) {
                    client.stopReading();
                }
            }
            long asked = System.nanoTime();
            // Nobody reads: what is queued then stays.
            long queued = 0;
            for (int i = 0; i < 5; i++) {
                queued = Math.max(queued, (server.nettyBytes() - before) / READERS);
            }
            double disturbed = p99(other);
            TestServer.eventually("all are cut", CUT_SECONDS, () -> server.openSessions() == 0);
            double cut = (System.nanoTime() - asked) / 1e9;
            TestServer.eventually("their memory is free", CUT_SECONDS, () -> server.leases() == 0);

            Figures.add("L3", (queued >> 10) + " KiB queued a stream", "≤ 2 MiB", 0);
            Figures.add("L3", seconds(cut) + " to the last cut", "stall limit " + STALL_SECONDS + " s + 1 s", 0);
            Figures.add("L3", millis(disturbed) + " p99 of others, " + millis(quiet) + " before", "+10%", 0);
            assertThat(queued).isLessThanOrEqualTo(QUEUED_BYTES);
            for (int i = 1; i < READERS; i += 2) {
                sessions.get(i).call.request(1000);
                assertThat(sessions.get(i).failure().reason()).isEqualTo("STALLED");
            }
            clients.forEach(Sockets.Client::close);
            assertThat(server.isAlive()).isTrue();
        }
    }

    private static String seconds(double value) {
        return String.format(Locale.ROOT, "%.1f s", value);
    }

    private static String millis(double value) {
        return String.format(Locale.ROOT, "%.2f ms", value);
    }
}
