package dev.gradwire.cli.soak;

import dev.gradwire.cli.bench.service.Bytes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/** Calls of the Run method, whose ends are counted, whatever they are. Safe for use by many threads. */
final class Load {
    private static final Metadata.Key<byte[]> DETAILS =
            Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);
    /** After its deadline a call has as long to end before it counts as hanging. */
    private static final double GRACE_SECONDS = 5;

    private record End(Code code, boolean detailed, boolean right, double millis) {}

    /**
     * How calls ended.
     *
     * @param goodMillis times of those that were answered, in order
     * @param refusedMillis times of those that were refused, in order
     * @param hanging calls that had not ended some seconds after their deadline
     */
    record Ends(
            Map<Code, Integer> counts,
            List<Double> goodMillis,
            List<Double> refusedMillis,
            int wrong,
            int bare,
            int hanging) {
        int count(Code code) {
            return counts.getOrDefault(code, 0);
        }

        int total() {
            return counts.values().stream().mapToInt(Integer::intValue).sum() + hanging;
        }

        double good(double share) {
            return quantile(goodMillis, share);
        }
    }

    private final Channel channel;
    private final CallOptions options;
    private final byte[] request;
    private final Predicate<byte[]> isRight;
    private final double deadlineSeconds;
    private final Queue<End> ends = new ConcurrentLinkedQueue<>();
    private final AtomicInteger open = new AtomicInteger();

    Load(Channel channel, CallOptions options, byte[] request, Predicate<byte[]> isRight, double deadlineSeconds) {
        this.channel = channel;
        this.options = options;
        this.request = request;
        this.isRight = isRight;
        this.deadlineSeconds = deadlineSeconds;
    }

    static ManagedChannel connect(int port) {
        return NettyChannelBuilder.forAddress("127.0.0.1", port)
                .usePlaintext()
                .directExecutor()
                .build();
    }

    static double quantile(List<Double> sorted, double share) {
        return sorted.isEmpty() ? Double.NaN : sorted.get((int) (share * (sorted.size() - 1)));
    }

    /** Starts calls at a steady rate, whether or not others have ended. */
    Ends at(double rate, double seconds) throws InterruptedException {
        int count = (int) (rate * seconds);
        long start = System.nanoTime();
        for (int i = 0; i < count; i++) {
            long due = start + (long) (i * 1e9 / rate);
            for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
            // Where this machine falls behind, offered load is what it can offer.
            if (System.nanoTime() - start > seconds * 1e9) {
                break;
            }
            call(() -> {});
        }
        return take();
    }

    /** As many calls open all the time, up to a number of calls. */
    Ends closed(int openCalls, int calls, double seconds) throws InterruptedException {
        long end = System.nanoTime() + (long) (seconds * 1e9);
        Semaphore places = new Semaphore(openCalls);
        for (int i = 0; i < calls && System.nanoTime() < end; i++) {
            if (places.tryAcquire(100, TimeUnit.MILLISECONDS)) {
                call(places::release);
            } else {
                i--;
            }
        }
        return take();
    }

    /** One call, waited for. */
    Ends once() throws InterruptedException {
        CountDownLatch over = new CountDownLatch(1);
        call(over::countDown);
        over.await();
        return take();
    }

    private void call(Runnable over) {
        open.incrementAndGet();
        long begun = System.nanoTime();
        ClientCalls.asyncUnaryCall(
                channel.newCall(
                        Bytes.METHOD,
                        options.withDeadlineAfter((long) (deadlineSeconds * 1000), TimeUnit.MILLISECONDS)),
                request,
                new StreamObserver<>() {
                    private boolean right;

                    @Override
                    public void onNext(byte[] answer) {
                        right = isRight.test(answer);
                    }

                    @Override
                    public void onError(Throwable cause) {
                        StatusRuntimeException failure = (StatusRuntimeException) cause;
                        Metadata trailers = failure.getTrailers();
                        boolean detailed = trailers != null && trailers.containsKey(DETAILS);
                        end(failure.getStatus().getCode(), detailed, true);
                    }

                    @Override
                    public void onCompleted() {
                        end(Code.OK, true, right);
                    }

                    private void end(Code code, boolean detailed, boolean correct) {
                        ends.add(new End(code, detailed, correct, (System.nanoTime() - begun) / 1e6));
                        open.decrementAndGet();
                        over.run();
                    }
                });
    }

    private Ends take() throws InterruptedException {
        long patience = System.nanoTime() + (long) ((deadlineSeconds + GRACE_SECONDS) * 1e9);
        while (open.get() > 0 && System.nanoTime() < patience) {
            Thread.sleep(5);
        }
        int hanging = open.get();
        Map<Code, Integer> counts = new EnumMap<>(Code.class);
        int wrong = 0;
        int bare = 0;
        List<Double> good = new ArrayList<>();
        List<Double> refused = new ArrayList<>();
        for (End end = ends.poll(); end != null; end = ends.poll()) {
            counts.merge(end.code, 1, Integer::sum);
            wrong += end.right ? 0 : 1;
            if (end.code == Code.OK) {
                good.add(end.millis);
            } else if (end.code == Code.RESOURCE_EXHAUSTED) {
                refused.add(end.millis);
                bare += end.detailed ? 0 : 1;
            }
        }
        Collections.sort(good);
        Collections.sort(refused);
        return new Ends(counts, good, refused, wrong, bare, hanging);
    }
}
