package dev.gradwire.service.reliability;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import com.google.rpc.BadRequest;
import dev.gradwire.service.Details;
import dev.gradwire.service.Direct;
import dev.gradwire.service.TestServer;
import dev.gradwire.service.Wire;
import dev.gradwire.v1.AutogradServiceGrpc;
import dev.gradwire.v1.Execute;
import dev.gradwire.v1.Open;
import dev.gradwire.v1.SessionRequest;
import dev.gradwire.v1.TensorChunk;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Row F2: thousands of messages that were tampered with, over a real connection; each is answered for what it is. */
final class MalformedMessagesTest {
    private static final int MESSAGES = Integer.getInteger("gradwire.malformed", 10_000);
    private static final long SEED = Long.getLong("gradwire.malformed.seed", 24);
    private static final int AT_A_TIME = 64;
    private static final int PRINTED = 5;

    /** Of a message that parses; what its bytes say may by chance be right. */
    private static final Set<Code> ALLOWED =
            EnumSet.of(Code.OK, Code.INVALID_ARGUMENT, Code.FAILED_PRECONDITION, Code.RESOURCE_EXHAUSTED);

    /** There is no path into what is no message; a value that a kernel refuses has its node named instead. */
    private static final Set<String> WITHOUT_FIELD =
            Set.of("MALFORMED_MESSAGE", "VALUE_ERROR", "RESPONSE_TOO_LARGE", "PROTOCOL_ORDER", "MISSING_FIELD");

    private static TestServer server;
    private static Direct direct;

    private final Random random = new Random(SEED);

    @BeforeAll
    static void start() throws IOException {
        server = TestServer.start();
        direct = new Direct(server);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    /** A call of one message, and how it ended. */
    record Call(String method, ByteString message, Throwable failure) {
        Code code() {
            return failure instanceof StatusRuntimeException e ? e.getStatus().getCode() : Code.OK;
        }
    }

    private static List<MessageLite> sessions() {
        return List.of(
                SessionRequest.newBuilder()
                        .setOpen(Open.newBuilder().setProgram(Wire.program(Wire.squares(3))))
                        .build(),
                SessionRequest.newBuilder()
                        .setChunk(TensorChunk.newBuilder().setInput("x").setOffset(1))
                        .build(),
                SessionRequest.newBuilder()
                        .setExecute(Execute.newBuilder().setRunId(1))
                        .build());
    }

    /** Else mutations would show little. */
    @Test
    void seedsAreRight() {
        assertThat(Seeds.plans())
                .allSatisfy(plan ->
                        assertThat(direct.price(plan).map(Details::text)).isEmpty());
        assertThat(Seeds.runs())
                .allSatisfy(
                        run -> assertThat(direct.run(run).map(Details::text)).isEmpty());
    }

    @Test
    void f2EachIsAnsweredForWhatItIs() throws InterruptedException {
        Queue queue = new Queue();
        for (int i = 0; i < MESSAGES; i++) {
            switch (random.nextInt(4)) {
                case 0 -> queue.send(AutogradServiceGrpc.getPlanMethod(), mutated(Seeds.plans()));
                case 1 -> queue.send(AutogradServiceGrpc.getSessionMethod(), mutated(sessions()));
                default -> queue.send(AutogradServiceGrpc.getRunMethod(), mutated(Seeds.runs()));
            }
            if (i % 1_000 == 0) {
                assertServing();
            }
        }
        List<Call> calls = queue.all();
        assertThat(calls).hasSize(MESSAGES);
        TreeMap<Code, Integer> codes = new TreeMap<>();
        calls.forEach(call -> codes.merge(call.code(), 1, Integer::sum));
        List<String> wrong = calls.stream()
                .filter(call -> !isRight(call))
                .limit(PRINTED)
                .map(call -> call.method() + " " + call.failure() + " "
                        + Arrays.toString(call.message().toByteArray()))
                .toList();
        assertThat(wrong).as("answers with seed %s", SEED).isEmpty();
        assertThat(codes.get(Code.INVALID_ARGUMENT)).isGreaterThan(MESSAGES / 2);
        assertServing();
        server.assertNothingHeld();
        Figures.add("F2", MESSAGES + " messages: " + codes, "no INTERNAL, no UNKNOWN", SEED);
    }

    private static boolean isRight(Call call) {
        if (!ALLOWED.contains(call.code())) {
            return false;
        }
        if (call.code() == Code.OK) {
            return true;
        }
        Details details = Details.of(call.failure());
        Telltale.check(details, call.message().toByteArray());
        return call.code() != Code.INVALID_ARGUMENT
                || details.has(BadRequest.class)
                || WITHOUT_FIELD.contains(details.reason());
    }

    private static void assertServing() {
        assertThat(HealthGrpc.newBlockingStub(server.channel)
                        .check(HealthCheckRequest.getDefaultInstance())
                        .getStatus())
                .isEqualTo(ServingStatus.SERVING);
    }

    /** Calls that are open at a time. */
    private static final class Queue {
        private final Semaphore free = new Semaphore(AT_A_TIME);
        private final ConcurrentLinkedQueue<Call> done = new ConcurrentLinkedQueue<>();

        void send(MethodDescriptor<?, ?> method, byte[] message) throws InterruptedException {
            free.acquire();
            MethodDescriptor<byte[], byte[]> raw = method.toBuilder(Bytes.MARSHALLER, Bytes.MARSHALLER)
                    .setType(MethodType.SERVER_STREAMING)
                    .build();
            ClientCalls.asyncServerStreamingCall(
                    server.channel.newCall(raw, CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS)),
                    message,
                    new StreamObserver<byte[]>() {
                        @Override
                        public void onNext(byte[] answer) {}

                        @Override
                        public void onError(Throwable failure) {
                            end(failure);
                        }

                        @Override
                        public void onCompleted() {
                            end(null);
                        }

                        private void end(Throwable failure) {
                            done.add(new Call(raw.getBareMethodName(), ByteString.copyFrom(message), failure));
                            free.release();
                        }
                    });
        }

        List<Call> all() throws InterruptedException {
            free.acquire(AT_A_TIME);
            return new ArrayList<>(done);
        }
    }

    private byte[] mutated(List<? extends MessageLite> seeds) {
        byte[] bytes = seeds.get(random.nextInt(seeds.size())).toByteArray();
        for (int n = 1 + random.nextInt(4); n > 0; n--) {
            bytes = mutate(bytes);
        }
        return bytes;
    }

    private byte[] mutate(byte[] original) {
        int at = random.nextInt(Math.max(1, original.length));
        byte[] bytes = original.length == 0 ? new byte[1] : original.clone();
        switch (random.nextInt(7)) {
            case 0 -> bytes[at] = (byte) random.nextInt(256);
            case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
            case 2 -> bytes = Arrays.copyOf(bytes, at);
            case 3 -> bytes[at]++; // a length that is wrong by one, where it is one
            case 4 -> {
                bytes = new byte[random.nextInt(200)];
                random.nextBytes(bytes);
            }
            case 5 -> {
                int from = random.nextInt(bytes.length);
                int length = Math.min(8, bytes.length - Math.max(at, from));
                System.arraycopy(bytes.clone(), from, bytes, at, length);
            }
            default -> {
                byte[] tail = Arrays.copyOfRange(bytes, at, bytes.length);
                bytes = Http2Frames.joined(bytes, tail); // fields again
            }
        }
        return bytes;
    }
}
