package dev.gradwire.service;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.gradwire.service.telemetry.Phase;
import dev.gradwire.v1.Program;
import dev.gradwire.v1.RunResponse;
import io.grpc.Context;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Programs that ran before, by the bytes that asked for them: who sends the same graph again does not wait until it is
 * parsed, told apart from others, found among the plans and described.
 */
final class ReadyPrograms {
    /** About how many times larger a program is than its message, once it is decoded and planned. */
    private static final int FACTOR = 8;
    /** A step takes about as much. */
    private static final int STEP_BYTES = 1024;

    /**
     * @param head what all answers begin with
     * @param prepared says that its plan was there already, as it is for all but the first call
     */
    record Ready(Prepared prepared, ByteString head, int weight) {}

    private final Cache<RunCall.Key, Ready> cache;
    private final Resources resources;

    ReadyPrograms(Resources resources) {
        this.resources = resources;
        cache = Caffeine.newBuilder()
                .maximumWeight(resources.limits().get(Limit.MAX_PROGRAM_CACHE_BYTES))
                .weigher((RunCall.Key _, Ready ready) -> ready.weight)
                .build();
    }

    private Prepared prepare(RunCall.Key key) throws InvalidProtocolBufferException {
        Program program = key.parsedProgram();
        try (Lease _ = resources.budget().take(Tenant.of(Context.current()), Prepared.nodes(program))) {
            return Prepared.of(program, key.parsedBackward(), key.parsedOptions(), resources);
        }
    }

    /** @throws RuntimeException one that {@link Errors} knows, when it may not run */
    Ready get(RunCall.Key key) {
        long start = System.nanoTime();
        @Nullable Ready known = cache.getIfPresent(key);
        if (known != null) {
            long nanos = System.nanoTime() - start;
            resources.metrics().phase(Phase.COMPILE, nanos, Context.current());
            resources.metrics().foundReady();
            return new Ready(known.prepared.again(nanos), known.head, known.weight);
        }
        Prepared prepared;
        try {
            prepared = prepare(key);
        } catch (InvalidProtocolBufferException e) {
            throw new Refusal(Problem.MALFORMED_MESSAGE, "Run");
        }
        ByteString head = RunResponse.newBuilder()
                .addAllGradFns(prepared.settings().profile() ? List.of() : prepared.gradFns())
                .setDigest(prepared.digest())
                .setGuarantees(Encoder.guarantees(prepared.settings()))
                .build()
                .toByteString();
        long bytes = Math.max(
                (long) FACTOR * (key.sizeInBytes() + head.size()),
                (long) STEP_BYTES * prepared.plan().steps().size());
        int weight = (int) Math.min(bytes, Integer.MAX_VALUE);
        cache.put(key.copy(), new Ready(prepared.again(0), head, weight));
        return new Ready(prepared, head, weight);
    }
}
