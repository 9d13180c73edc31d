package dev.gradwire.service;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.gradwire.v1.PlanRequest;
import dev.gradwire.v1.Program;
import dev.gradwire.v1.RunRequest;
import io.grpc.Context;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the service does with a request, on the calling thread and without a network: to measure it, or to fuzz it. */
public final class Direct {
    private final TestServer server;
    private final ReadyPrograms ready;

    public Direct(TestServer server) {
        this.server = server;
        ready = new ReadyPrograms(server.resources());
    }

    /** Decodes, validates and prices a program; what it is refused with, if it is. */
    public Optional<Details> price(PlanRequest request) {
        return refused(() -> prepare(request));
    }

    /** The same from bytes, which may be no message. */
    public Optional<Details> price(byte[] bytes) {
        try {
            return price(PlanRequest.parseFrom(bytes));
        } catch (InvalidProtocolBufferException e) {
            return Optional.of(
                    new Details(Errors.toStatus(new Refusal(Problem.MALFORMED_MESSAGE, "Plan"), Context.current())));
        }
    }

    /** Does all of a Run. */
    public Optional<Details> run(RunRequest request) {
        return run(request.toByteArray());
    }

    /** The same from bytes, which may be no message. */
    public Optional<Details> run(byte[] bytes) {
        return refused(() -> {
            try {
                RunCall call = RunCall.parse(new ByteArrayInputStream(bytes));
                var _ = new RunHandler(server.resources(), call.inputs(), ready.get(call.key()), Context.current())
                        .run(0);
            } catch (IOException e) {
                throw new Refusal(Problem.MALFORMED_MESSAGE, "Run");
            }
        });
    }

    private void prepare(PlanRequest request) {
        Program program = request.getProgram();
        var _ = Prepared.of(
                program,
                request.hasBackward() ? request.getBackward() : null,
                request.getOptions(),
                server.resources());
    }

    private static Optional<Details> refused(Runnable work) {
        @Nullable Throwable failure = null;
        try {
            work.run();
        } catch (RuntimeException e) {
            failure = e;
        }
        return failure == null
                ? Optional.empty()
                : Optional.of(new Details(Errors.toStatus(failure, Context.current())));
    }
}
