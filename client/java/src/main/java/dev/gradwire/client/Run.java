package dev.gradwire.client;

import dev.gradwire.v1.GradCheckResult;
import dev.gradwire.v1.Statistics;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** One run of a {@link Session}, perhaps still under way. */
public final class Run {
    private final SessionCall call;
    private final CompletableFuture<Answer> answer;
    private final Map<String, String> references;
    private volatile boolean read;

    /** @param references of the fetched outputs, by key */
    Run(SessionCall call, CompletableFuture<Answer> answer, Map<String, String> references) {
        this.call = call;
        this.answer = answer;
        this.references = references;
    }

    /**
     * An output, waited for if need be.
     *
     * @throws IllegalArgumentException when the run does not fetch it
     * @throws GradwireException when the run or the session failed; after an interrupt the session is gone
     */
    public TensorData get(String key) {
        String reference = references.get(key);
        if (reference == null) {
            throw new IllegalArgumentException("the run fetches " + references.keySet() + ", not " + key);
        }
        TensorData data = await().outputs().get(reference);
        if (data == null) {
            throw new IllegalStateException("the server left out " + reference);
        }
        return data;
    }

    /** What the run took, waited for if need be. */
    public Statistics statistics() {
        return await().statistics();
    }

    /** How gradients compare with finite differences, with {@link RunOptions#gradCheck}; waited for if need be. */
    public List<GradCheckResult> gradChecks() {
        return await().gradChecks();
    }

    /** Whether the results are there, or it failed. */
    public boolean isDone() {
        return answer.isDone();
    }

    private Answer await() {
        read = true;
        return call.await(answer);
    }

    /** Waits for its end; a failure that nobody has seen is thrown. */
    void settle() {
        if (!read) {
            await();
        }
    }
}
