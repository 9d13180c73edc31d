package dev.gradwire.service;

import io.grpc.Context;
import io.grpc.Context.CancellationListener;
import io.grpc.Deadline;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A call, or the next part of a session, that wants a lane. It is either run or dropped, once. */
final class WaitingCall {
    private final Context context;
    private final String tenant;
    private final Runnable work;
    private final Consumer<Refusal> dropped;
    private final long sinceNanos = System.nanoTime();
    private volatile @Nullable CancellationListener listener;
    private volatile boolean begun;

    /**
     * @param work to be done on a lane
     * @param dropped told why it is not done after all
     */
    WaitingCall(Context context, Runnable work, Consumer<Refusal> dropped) {
        this.context = context;
        this.tenant = Tenant.of(context);
        this.work = work;
        this.dropped = dropped;
    }

    Context context() {
        return context;
    }

    String tenant() {
        return tenant;
    }

    long waitedNanos(long nowNanos) {
        return nowNanos - sinceNanos;
    }

    /** Until its deadline. */
    long leftNanos() {
        Deadline deadline = context.getDeadline();
        return deadline == null ? Long.MAX_VALUE : deadline.timeRemaining(TimeUnit.NANOSECONDS);
    }

    /** Has the listener told, until {@link #forgetCancel}; at once where it is cancelled already. */
    void onCancel(CancellationListener told) {
        listener = told;
        context.addListener(told, Runnable::run);
        if (begun) {
            context.removeListener(told);
        }
    }

    void forgetCancel() {
        begun = true;
        CancellationListener told = listener;
        if (told != null) {
            context.removeListener(told);
        }
    }

    void run() {
        context.run(work);
    }

    void drop(Refusal refusal) {
        dropped.accept(refusal);
    }
}
