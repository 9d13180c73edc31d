package dev.gradwire.service;

import dev.gradwire.v1.SessionRequest;
import dev.gradwire.wire.Received;
import io.grpc.stub.StreamObserver;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The sessions that are open, so that a server can drain them and cut those whose clients do not read. */
final class Sessions {
    private final Set<Session> open = ConcurrentHashMap.newKeySet();

    StreamObserver<Received<SessionRequest>> open(Resources resources, StreamObserver<Reply> client) {
        Session session = new Session(resources, client, open::remove);
        open.add(session);
        return session;
    }

    int count() {
        return open.size();
    }

    void cutStalled() {
        open.forEach(session -> session.work().cutIfStalled());
    }

    /** Lets runs in hand finish and ends all sessions. */
    void drain() {
        open.forEach(session -> session.work().drain());
    }
}
