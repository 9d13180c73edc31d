package dev.gradwire.service;

import com.google.protobuf.ByteString;
import dev.gradwire.service.SessionCommand.Failure;
import dev.gradwire.service.SessionCommand.Input;
import dev.gradwire.service.SessionCommand.Opening;
import dev.gradwire.service.SessionCommand.Run;
import dev.gradwire.v1.Execute;
import dev.gradwire.v1.Open;
import dev.gradwire.v1.SessionRequest;
import dev.gradwire.v1.TensorChunk;
import dev.gradwire.wire.ChunkData;
import dev.gradwire.wire.Received;
import io.grpc.Context;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The receiving side of one stream: turns messages into commands for {@link SessionWork}, and asks for more messages as
 * the ones before are dealt with; after an Open only once it is priced. Guarded by itself.
 */
final class Session implements StreamObserver<Received<SessionRequest>> {
    /** Runs that may wait while one computes; the client's further messages wait in the network. */
    private static final int MAX_WAITING_RUNS = 4;

    /** Commands that may wait: small inputs make many. */
    private static final int MAX_COMMANDS = 1024;

    private final Resources resources;
    private final ServerCallStreamObserver<Reply> client;
    private final SessionWork work;
    private final Uploads uploads;
    private @Nullable ProgramParts parts;
    private @Nullable Prepared opened;
    private boolean opening;
    private boolean failed;
    private int withheld;
    private long lastRunId;

    Session(Resources resources, StreamObserver<Reply> observer, Consumer<Session> onEnd) {
        this.resources = resources;
        client = (ServerCallStreamObserver<Reply>) observer;
        SessionBudget budget = new SessionBudget(resources.budget(), Tenant.of(Context.current()), resources.limits());
        uploads = new Uploads(resources, budget);
        work = new SessionWork(resources, client, budget, this::settled, this::request, () -> {
            close();
            onEnd.accept(this);
        });
        client.disableAutoRequest();
        client.setOnReadyHandler(work::send);
        client.setOnCancelHandler(work::end);
        client.setOnCloseHandler(work::end);
        client.request(1);
    }

    SessionWork work() {
        return work;
    }

    @Override
    public synchronized void onNext(Received<SessionRequest> message) {
        withheld++;
        if (failed) {
            return;
        }
        try {
            take(message);
        } catch (Throwable failure) {
            fail(failure);
        }
        request();
    }

    private void take(Received<SessionRequest> received) throws IOException {
        TensorChunk chunk = received.chunk();
        SessionRequest message = received.message();
        if (chunk != null) {
            requireNoParts();
            chunk(chunk, received.data());
        } else if (message != null) {
            take(message);
        }
    }

    private void take(SessionRequest message) {
        switch (message.getMessageCase()) {
            case OPEN -> {
                requireNoParts();
                open(message.getOpen());
            }
            case GRAPH_PART -> {
                ProgramParts begun = parts;
                if (begun == null) {
                    throw order("a GraphPart must follow an Open that announces it");
                }
                begun.add(message.getGraphPart());
                if (message.getGraphPart().getLast()) {
                    complete(begun);
                }
            }
            case CHUNK -> throw new IllegalStateException("chunks stand apart");
            case EXECUTE -> {
                requireNoParts();
                execute(message.getExecute());
            }
            case MESSAGE_NOT_SET -> throw new Refusal(Problem.MISSING_FIELD, "message");
        }
    }

    private static Refusal order(String text) {
        return new Refusal(Problem.PROTOCOL_ORDER, text);
    }

    private void requireNoParts() {
        if (parts != null) {
            throw order("the program is not complete: a GraphPart must follow");
        }
    }

    private void open(Open open) {
        opened = null;
        opening = true;
        switch (open.getSourceCase()) {
            case SOURCE_NOT_SET -> throw new Refusal(Problem.MISSING_FIELD, "program or digest").at("open");
            case PROGRAM -> {
                ProgramParts begun = new ProgramParts(open, resources.limits());
                if (open.getGraphContinues()) {
                    parts = begun;
                } else {
                    complete(begun);
                }
            }
            case DIGEST -> {
                if (open.getGraphContinues()) {
                    throw order("a program named by its digest has no parts").at("open.graph_continues");
                }
                work.add(new Opening(open.getDigest(), null, open));
            }
        }
    }

    private void complete(ProgramParts whole) {
        parts = null;
        work.add(new Opening(ByteString.EMPTY, whole.program(), whole.open()));
    }

    private void chunk(TensorChunk chunk, ChunkData data) throws IOException {
        Prepared prepared = opened;
        if (prepared == null) {
            throw order("chunks are sent once Opened has come");
        }
        uploads.add(chunk, data, prepared).ifPresent(upload -> work.add(new Input(upload)));
    }

    private void execute(Execute execute) {
        if (opened == null && !opening) {
            throw order("a run needs a program: Open comes first");
        }
        if (execute.getRunId() <= lastRunId) {
            throw new Refusal(Problem.RUN_ID_ORDER, execute.getRunId(), lastRunId)
                    .with("value", Long.toString(execute.getRunId()))
                    .at("execute.run_id");
        }
        lastRunId = execute.getRunId();
        // A run must not take an old tensor for one that is on its way.
        @Nullable
        Refusal incomplete = uploads.underWay()
                .map(name -> new Refusal(Problem.INCOMPLETE_INPUT, name).with("node", name))
                .orElse(null);
        work.add(new Run(execute, System.nanoTime(), incomplete));
    }

    /** The end of an Open: its program, or null where there is none. */
    private synchronized void settled(@Nullable Prepared prepared) {
        opened = prepared;
        opening = false;
    }

    /** Ends the stream once what came before is answered. */
    private void fail(Throwable cause) {
        failed = true;
        work.add(new Failure(cause));
    }

    /** Asks for as many messages as were dealt with, unless something must come first. */
    private synchronized void request() {
        boolean mayCome = !failed && (!opening || parts != null);
        if (withheld > 0 && mayCome && work.accepts(MAX_WAITING_RUNS, MAX_COMMANDS)) {
            int count = withheld;
            withheld = 0;
            client.request(count);
        }
    }

    @Override
    public synchronized void onCompleted() {
        if (parts != null) {
            fail(order("the program is not complete: a GraphPart must follow"));
        }
        work.complete();
    }

    @Override
    public void onError(Throwable cause) {
        work.end();
    }

    /** The stream is over: nothing that comes is taken any more. */
    private synchronized void close() {
        failed = true;
        uploads.close();
    }
}
