package dev.gradwire.service;

import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Counts calls until the last byte of their answer is on its way, so that a stopping server waits for these, and not for
 * those who watch its health and would do so for ever. Guarded by itself.
 */
final class InFlight implements ServerInterceptor {
    private long calls;

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        add(1);
        return new SimpleForwardingServerCallListener<>(next.startCall(call, headers)) {
            @Override
            public void onComplete() {
                add(-1);
                super.onComplete();
            }

            @Override
            public void onCancel() {
                add(-1);
                super.onCancel();
            }
        };
    }

    private synchronized void add(int change) {
        calls += change;
        if (calls == 0) {
            notifyAll();
        }
    }

    /** @return false when there still are some after this time */
    synchronized boolean awaitNone(Duration longest) throws InterruptedException {
        long end = System.nanoTime() + longest.toNanos();
        while (calls > 0) {
            long millis = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            if (millis <= 0) {
                return false;
            }
            wait(millis);
        }
        return true;
    }
}
