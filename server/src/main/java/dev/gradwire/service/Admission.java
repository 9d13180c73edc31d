package dev.gradwire.service;

import dev.gradwire.runtime.Lanes;
import io.grpc.Context;
import io.grpc.Context.CancellationListener;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way to the lanes. A call that would wait too long is refused at once, before anything is done for it: because as
 * many are in hand as {@link AdaptiveLimit} lets in, or because it could only begin after its deadline. One that is
 * cancelled while it waits, or whose deadline passes, leaves the queue without having cost a lane anything. Where there
 * is no room, the tenant with most calls in the queue gives way. Guarded by itself; calls are run and dropped outside of
 * the lock.
 */
final class Admission {
    private static final Logger LOG = LoggerFactory.getLogger(Admission.class);
    private static final double WEIGHT = 0.1;

    private final Lanes lanes;
    private final int maxWaiting;
    private final AdaptiveLimit limit;
    private final FairQueue queue = new FairQueue();
    private boolean open = true;
    private int working;
    private double meanWorkNanos;

    Admission(Lanes lanes, Limits limits) {
        this.lanes = lanes;
        maxWaiting = limits.getInt(Limit.MAX_QUEUED_RUNS);
        limit = new AdaptiveLimit(lanes.count(), lanes.count() + maxWaiting, limits.get(Limit.MAX_QUEUE_MILLISECONDS));
    }

    /**
     * Has the work done on a lane, in the call's context.
     *
     * @param dropped told if it is refused, at once or while it waits
     */
    void submit(Context context, Runnable work, Consumer<Refusal> dropped) {
        WaitingCall call = new WaitingCall(context, work, dropped);
        WaitingCall gone = call;
        Refusal refusal;
        synchronized (this) {
            refusal = open ? null : new Refusal(Problem.ENGINE_LOST);
            if (refusal == null && working < lanes.count()) {
                begin(call);
                return;
            }
            refusal = refusal == null ? late(call) : refusal;
            if (refusal == null) {
                refusal = full();
                gone = refusal == null ? null : queue.makeRoomFor(call.tenant());
                if (refusal == null || gone != null) {
                    queue.add(call);
                } else {
                    gone = call;
                }
            }
        }
        if (gone != call) {
            leaveIfCancelled(call);
        }
        if (gone != null && refusal != null) {
            gone.drop(refusal);
        }
    }

    /**
     * Lets others go first, if any wait.
     *
     * @return false when none do: the caller goes on
     */
    boolean giveWay(Context context, Runnable work, Consumer<Refusal> dropped) {
        WaitingCall call = new WaitingCall(context, work, dropped);
        synchronized (this) {
            if (queue.size() == 0) {
                return false;
            }
            queue.add(call);
        }
        leaveIfCancelled(call);
        return true;
    }

    private @Nullable Refusal late(WaitingCall call) {
        long wait = (long) (queue.before(call.tenant()) * meanWorkNanos / lanes.count());
        long left = call.leftNanos();
        return wait <= left || wait == 0
                ? null
                : Errors.busy(
                        Problem.DEADLINE_TOO_SOON,
                        TimeUnit.NANOSECONDS.toMillis(wait),
                        TimeUnit.NANOSECONDS.toMillis(left));
    }

    private @Nullable Refusal full() {
        if (queue.size() >= maxWaiting) {
            return Errors.busy(Problem.QUEUE_FULL, queue.size()).with("limit", Limit.MAX_QUEUED_RUNS.label());
        }
        int inHand = working + queue.size();
        return inHand < limit.get()
                ? null
                : Errors.busy(Problem.OVERLOADED, inHand).with("limit", Limit.MAX_QUEUE_MILLISECONDS.label());
    }

    /** Nobody waits for an answer to a call that is cancelled or late. */
    private void leaveIfCancelled(WaitingCall call) {
        CancellationListener leave = context -> {
            if (leave(call)) {
                call.drop(Errors.cancelled(context));
            }
        };
        call.onCancel(leave);
    }

    private synchronized boolean leave(WaitingCall call) {
        return queue.remove(call);
    }

    /** Called with the lock. */
    private void begin(WaitingCall call) {
        working++;
        long mean = (long) meanWorkNanos;
        queue.begin(call, mean);
        lanes.execute(() -> work(call, mean));
    }

    private void work(WaitingCall first, long firstMean) {
        WaitingCall call = first;
        long mean = firstMean;
        while (call != null) {
            call.forgetCancel();
            long begun = System.nanoTime();
            try {
                call.run();
            } catch (Throwable failure) { // calls answer their failures themselves; the lane goes on in any case
                LOG.error("a call left its failure to the lane", failure);
            }
            long worked = System.nanoTime() - begun;
            synchronized (this) {
                end(call, mean, call.waitedNanos(begun), worked);
                call = queue.poll();
                mean = (long) meanWorkNanos;
                if (call == null) {
                    working--;
                } else {
                    queue.begin(call, mean);
                }
            }
        }
    }

    private void end(WaitingCall call, long mean, long waitedNanos, long workedNanos) {
        queue.end(call, mean, workedNanos);
        limit.done(waitedNanos, workedNanos, working + queue.size());
        meanWorkNanos += meanWorkNanos == 0 ? workedNanos : WEIGHT * (workedNanos - meanWorkNanos);
    }

    /** While it is closed, all calls are refused: what cannot compute should not have clients wait. */
    synchronized void setOpen(boolean changed) {
        open = changed;
    }

    /** Calls on a lane now. */
    synchronized int working() {
        return working;
    }

    /** Calls that wait now. */
    synchronized int waiting() {
        return queue.size();
    }

    /** Calls that may work or wait now. */
    synchronized int limit() {
        return Math.min(limit.get(), lanes.count() + maxWaiting);
    }
}
