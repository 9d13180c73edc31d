package dev.gradwire.service;

import dev.gradwire.service.SessionCommand.Failure;
import dev.gradwire.service.SessionCommand.Input;
import dev.gradwire.service.SessionCommand.Opening;
import dev.gradwire.service.SessionCommand.Run;
import dev.gradwire.v1.RunError;
import dev.gradwire.v1.SessionResponse;
import io.grpc.Context;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The working and sending side of one stream. Commands are carried out in order, by one lane at a time, so that what a
 * run sees depends on the order of the messages only, while receiving goes on. Guarded by itself, but for the program,
 * which belongs to the lane at work. All that the stream owns is freed in {@link #release}.
 */
final class SessionWork {
    /** Runs whose results may wait to be read by the client before the next one begins. */
    private static final int MAX_UNREAD_RUNS = 2;

    private final Resources resources;
    private final ServerCallStreamObserver<Reply> client;
    private final Context context = Context.current();
    private final Consumer<@Nullable Prepared> onSettled;
    private final Runnable onProgress;
    private final Runnable onEnd;
    private final SessionProgram program;
    private final Outbox outbox;
    private final Deque<SessionCommand> commands = new ArrayDeque<>();
    private @Nullable Throwable failure;
    private int waitingRuns;
    private boolean working;
    private boolean complete;
    private boolean draining;
    private boolean ended;
    private boolean released;
    private long readAtNanos = System.nanoTime();

    /**
     * @param onSettled told when an Open is answered
     * @param onProgress told when a command is done
     * @param onEnd told once, when the stream is over
     */
    SessionWork(
            Resources resources,
            ServerCallStreamObserver<Reply> client,
            SessionBudget budget,
            Consumer<@Nullable Prepared> onSettled,
            Runnable onProgress,
            Runnable onEnd) {
        this.resources = resources;
        this.client = client;
        this.onSettled = onSettled;
        this.onProgress = onProgress;
        this.onEnd = onEnd;
        program = new SessionProgram(resources, budget);
        outbox = new Outbox(client, resources);
    }

    /** Whether more commands should come, at the bounds given. */
    synchronized boolean accepts(int maxRuns, int maxCommands) {
        return !ended && !draining && waitingRuns < maxRuns && commands.size() < maxCommands;
    }

    /** Takes a command, and what it owns. */
    void add(SessionCommand command) {
        synchronized (this) {
            if (ended || failure != null) {
                command.discard();
                return;
            }
            waitingRuns += command instanceof Run ? 1 : 0;
            commands.add(command);
        }
        schedule();
    }

    private void schedule() {
        synchronized (this) {
            if (working || ended || commands.isEmpty() || outbox.runs() >= MAX_UNREAD_RUNS) {
                return;
            }
            working = true;
        }
        resources.admission().submit(context, this::work, this::refuse);
    }

    /** Without a lane nothing can be computed; the rest is only bookkeeping. */
    private void refuse(Refusal refusal) {
        refuseCommands(refusal);
        work();
    }

    private synchronized void refuseCommands(Refusal refusal) {
        int count = commands.size();
        for (int i = 0; i < count; i++) {
            commands.add(
                    switch (commands.remove()) {
                        case Run run -> new Run(run.execute(), run.queuedNanos(), refusal);
                        case Opening _ -> new Failure(refusal);
                        case Input input -> input;
                        case Failure earlier -> earlier;
                    });
        }
    }

    private void work() {
        while (true) {
            SessionCommand command;
            synchronized (this) {
                command = ended || outbox.runs() >= MAX_UNREAD_RUNS ? null : commands.poll();
                if (command == null) {
                    working = false;
                }
            }
            if (command == null) {
                finishIfDone();
                return;
            }
            try {
                carryOut(command);
            } catch (Throwable cause) {
                failAfterAnswers(cause);
            }
            send();
            onProgress.run();
            // Lanes are shared: whoever waits comes first.
            if (command instanceof Run && resources.admission().giveWay(context, this::work, this::refuse)) {
                return;
            }
        }
    }

    private void carryOut(SessionCommand command) {
        switch (command) {
            case Opening opening -> {
                @Nullable Prepared prepared = program.open(opening);
                if (prepared == null) {
                    answerError(0, new Refusal(Problem.GRAPH_UNKNOWN).at("open.digest"));
                } else {
                    answer(prepared);
                }
                onSettled.accept(prepared);
            }
            case Input(Uploads.Complete upload) -> program.upload(upload);
            case Run run -> run(run);
            case Failure(Throwable cause) -> failAfterAnswers(cause);
        }
    }

    private void run(Run run) {
        long id = run.execute().getRunId();
        try {
            answer(id, program.run(run, context));
        } catch (Throwable cause) {
            answerError(id, cause);
        } finally {
            synchronized (this) {
                waitingRuns--;
            }
        }
    }

    private synchronized void answer(Prepared prepared) {
        OpenedMessages.of(prepared, resources.limits()).forEach(outbox::add);
    }

    private synchronized void answer(long id, SessionRun.Answer answer) {
        answer.tensors().forEach(sent -> outbox.add(id, sent.result(), sent.buffer(), sent.lease(), answer.encoding()));
        outbox.addEnd(SessionResponse.newBuilder().setExecuted(answer.end()).build());
    }

    /** @param id of the run; 0 for an Open */
    private synchronized void answerError(long id, Throwable cause) {
        RunError.Builder error = RunError.newBuilder().setRunId(id).setStatus(Errors.toStatus(cause, context));
        outbox.addEnd(SessionResponse.newBuilder().setRunError(error).build());
    }

    /** Ends the stream as soon as the client has read what was answered before. */
    private synchronized void failAfterAnswers(Throwable cause) {
        failure = cause;
        commands.forEach(SessionCommand::discard);
        commands.clear();
    }

    /** Sends what the transport takes. */
    void send() {
        synchronized (this) {
            if (ended) {
                return;
            }
            if (outbox.send() || outbox.isEmpty()) {
                readAtNanos = System.nanoTime();
            }
        }
        finishIfDone();
        schedule();
    }

    /** Nothing more will be asked for. */
    void complete() {
        synchronized (this) {
            complete = true;
        }
        finishIfDone();
    }

    /** Lets what was asked for finish, then ends. */
    void drain() {
        synchronized (this) {
            draining = true;
        }
        finishIfDone();
    }

    /** Ends the stream if its client has not read for too long. */
    void cutIfStalled() {
        long seconds = resources.limits().get(Limit.MAX_STALL_SECONDS);
        synchronized (this) {
            if (outbox.isEmpty() || System.nanoTime() - readAtNanos <= seconds * 1_000_000_000L) {
                return;
            }
        }
        endWith(new Refusal(Problem.STALLED, seconds)
                .with("limit", Limit.MAX_STALL_SECONDS.label())
                .with("value", Long.toString(seconds)));
    }

    private void finishIfDone() {
        Throwable cause = null;
        synchronized (this) {
            if (!ended) {
                if (working || !commands.isEmpty() || !outbox.isEmpty()) {
                    return;
                }
                cause = failure != null ? failure : draining ? new Refusal(Problem.DRAINING) : null;
                if (cause == null) {
                    if (!complete) {
                        return;
                    }
                    ended = true;
                    client.onCompleted();
                }
            }
        }
        if (cause == null) {
            end();
        } else {
            endWith(cause);
        }
    }

    private void endWith(Throwable cause) {
        synchronized (this) {
            if (!ended) {
                ended = true;
                client.onError(Errors.toException(cause, context));
            }
        }
        end();
    }

    /** The stream is over, for whatever reason. */
    void end() {
        synchronized (this) {
            ended = true;
            if (working || released) {
                return;
            }
            released = true;
            release();
        }
        onEnd.run();
    }

    private void release() {
        commands.forEach(SessionCommand::discard);
        commands.clear();
        outbox.close();
        program.close();
    }
}
