package dev.gradwire.service;

import com.google.protobuf.ByteString;
import dev.gradwire.service.SessionCommand.Opening;
import dev.gradwire.service.telemetry.Phase;
import dev.gradwire.v1.Open;
import dev.gradwire.v1.Program;
import io.grpc.Context;
import org.jspecify.annotations.Nullable;

/** A session's program and tensors: the part that is on the device. Used by one thread at a time. */
final class SessionProgram implements AutoCloseable {
    private final Resources resources;
    private final SessionBudget budget;
    private final SessionTensors tensors = new SessionTensors();
    private @Nullable Prepared current;
    private @Nullable Lease nodes;
    private @Nullable String device;

    SessionProgram(Resources resources, SessionBudget budget) {
        this.resources = resources;
        this.budget = budget;
    }

    /**
     * Replaces the program; tensors stay.
     *
     * @return null when the digest is not known here; there is no program then
     */
    @Nullable
    Prepared open(Opening command) {
        current = null;
        releaseNodes();
        Program program = command.program();
        ByteString digest = command.digest();
        if (program == null) {
            program = resources.programs().find(digest);
            if (program == null) {
                return null;
            }
        } else {
            ProgramDecoder.checkCounts(program, resources.limits());
            digest = ProgramCache.digest(program);
        }
        nodes = budget.borrow(Prepared.nodes(program));
        Open open = command.open();
        Prepared prepared = Prepared.of(
                digest, program, open.hasBackward() ? open.getBackward() : null, open.getOptions(), resources);
        requireSameDevice(prepared.settings().device());
        current = prepared;
        return prepared;
    }

    private void requireSameDevice(String wanted) {
        String first = device;
        if (first != null && !first.equals(wanted)) {
            throw new Refusal(Problem.DEVICE_CHANGED, first, wanted)
                    .with("value", wanted)
                    .at("open.options.device");
        }
        device = wanted;
    }

    /** Puts an input on the device; takes it over in any case. */
    void upload(Uploads.Complete upload) {
        String target = device;
        if (target == null) {
            upload.close();
            throw new IllegalStateException("inputs are taken once there is a program");
        }
        tensors.upload(resources.engine(), target, upload);
    }

    /** @throws RuntimeException one that {@link Errors} knows; nothing has changed then */
    SessionRun.Answer run(SessionCommand.Run run, Context context) {
        long queueNanos = System.nanoTime() - run.queuedNanos();
        resources.metrics().phase(Phase.QUEUE, queueNanos, context);
        Refusal refusal = run.refusal();
        if (refusal != null) {
            throw refusal;
        }
        Prepared prepared = current;
        if (prepared == null) {
            throw new Refusal(Problem.GRAPH_UNKNOWN);
        }
        return new SessionRun(budget, tensors, prepared, run.execute()).run(resources, context, queueNanos);
    }

    @Override
    public void close() {
        releaseNodes();
        tensors.close();
    }

    private void releaseNodes() {
        Lease held = nodes;
        nodes = null;
        if (held != null) {
            held.close();
        }
    }
}
