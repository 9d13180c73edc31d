package dev.gradwire.cli.soak;

import com.google.protobuf.ByteString;
import dev.gradwire.v1.AutogradServiceGrpc;
import dev.gradwire.v1.Dtype;
import dev.gradwire.v1.Execute;
import dev.gradwire.v1.Open;
import dev.gradwire.v1.Program;
import dev.gradwire.v1.SessionRequest;
import dev.gradwire.v1.SessionResponse;
import dev.gradwire.v1.TensorChunk;
import dev.gradwire.v1.TensorType;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** M1: clients that cancel in the middle of a tensor, up or down, and clients that are killed there. */
final class Cancels implements Row {
    private static final int CANCELS = 10_000;
    private static final int KILLS = 200;
    private static final int WARM_UP = 500;
    private static final int CHUNK_BYTES = 64 << 10;
    private static final int CHUNKS = 16;
    private static final long ELEMENTS = (long) CHUNK_BYTES * CHUNKS / Float.BYTES;
    private static final double MEBIBYTE = 1 << 20;
    /** Netty takes memory in pieces of 2 MiB; one may be left that was not there before. */
    private static final double PIECE_MEBIBYTES = 2;

    private static final int PATIENCE_SECONDS = 10;
    private static final Program SUM = Requests.sum(ELEMENTS);
    private static final Program WIDE = Requests.wide(ELEMENTS);
    private static final ByteString CHUNK = ByteString.copyFrom(new byte[CHUNK_BYTES]);

    @Override
    public String id() {
        return "M1";
    }

    @Override
    public String fault() {
        return "cancelled in mid-upload and in mid-result, killed clients; Netty watches every buffer";
    }

    @Override
    public int weight() {
        return 4;
    }

    @Override
    public void run(Trial trial) throws Exception {
        List<String> java = List.of("-Xmx512m", "-Dio.netty.leakDetection.level=paranoid");
        try (ServerProcess server = ServerProcess.start(java, "--max-resets-per-window=1000000");
                FaultProxy network = new FaultProxy(server.port(), FaultProxy.Faults.NONE, trial.random())) {
            Random random = trial.random();
            cancel(server, random, WARM_UP, PATIENCE_SECONDS);
            trial.begin();
            server.settle(PATIENCE_SECONDS);
            double before = server.nettyBytes();
            int cancelled = cancel(server, random, CANCELS, trial.left() * 0.8);
            int killed = 0;
            while (killed < KILLS && trial.left() > 1) {
                ManagedChannel channel = Load.connect(network.port());
                start(channel, random, true);
                start(channel, random, false);
                network.cut();
                channel.shutdownNow();
                killed++;
            }
            double settled = server.settle(PATIENCE_SECONDS);
            double grown = (server.nettyBytes() - before) / MEBIBYTE;

            trial.note("cancelled each way (at most 10,000)", cancelled, "");
            trial.note("connections killed (at most 200)", killed, "");
            trial.none("leases left", server.leases());
            trial.atMost("all memory free after", settled, 1, "s");
            trial.atMost("buffers grown by", grown, 1 + PIECE_MEBIBYTES, "MiB");
            trial.none("leak reports", (double) server.logged("LEAK"));
        }
    }

    private static int cancel(ServerProcess server, Random random, int count, double seconds)
            throws InterruptedException {
        ManagedChannel channel = Load.connect(server.port());
        long end = System.nanoTime() + (long) (seconds * 1e9);
        int done = 0;
        while (done < count && System.nanoTime() < end) {
            start(channel, random, true).cancel("enough", null);
            start(channel, random, false).cancel("enough", null);
            done++;
        }
        channel.shutdownNow();
        return done;
    }

    /** A session in the middle of its input, or of its result. */
    private static ClientCallStreamObserver<SessionRequest> start(Channel channel, Random random, boolean up)
            throws InterruptedException {
        Stream stream = new Stream(up ? 0 : random.nextInt(3));
        AutogradServiceGrpc.newStub(channel).session(stream);
        stream.call.onNext(SessionRequest.newBuilder()
                .setOpen(Open.newBuilder().setProgram(up ? SUM : WIDE))
                .build());
        if (!stream.opened.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new IllegalStateException("no answer to Open: " + stream.failure);
        }
        int chunks = up ? random.nextInt(CHUNKS) : 1;
        for (int i = 0; i < chunks; i++) {
            TensorChunk.Builder chunk = TensorChunk.newBuilder()
                    .setInput("x")
                    .setOffset((long) i * CHUNK_BYTES)
                    .setData(up ? CHUNK : CHUNK.substring(0, Float.BYTES));
            if (i == 0) {
                chunk.setType(
                        TensorType.newBuilder().setDtype(Dtype.DTYPE_FLOAT32).addDims(up ? ELEMENTS : 1));
            }
            stream.call.onNext(SessionRequest.newBuilder().setChunk(chunk).build());
        }
        if (!up) {
            stream.call.onNext(SessionRequest.newBuilder()
                    .setExecute(Execute.newBuilder().setRunId(1))
                    .build());
            stream.call.request(random.nextInt(3));
        }
        return stream.call;
    }

    /** Takes the answer to Open, and then as many messages as it is told. */
    private static final class Stream implements ClientResponseObserver<SessionRequest, SessionResponse> {
        private final Semaphore opened = new Semaphore(0);
        private final int messages;
        private volatile @Nullable Throwable failure;

        @SuppressWarnings("NullAway.Init") // set before the call starts
        private ClientCallStreamObserver<SessionRequest> call;

        private Stream(int messages) {
            this.messages = messages;
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<SessionRequest> stream) {
            call = stream;
            stream.disableAutoRequestWithInitial(1 + messages);
        }

        @Override
        public void onNext(SessionResponse response) {
            if (response.hasOpened() && !response.getOpened().getContinues()) {
                opened.release();
            }
        }

        @Override
        public void onError(Throwable cause) {
            failure = cause;
        }

        @Override
        public void onCompleted() {}
    }
}
