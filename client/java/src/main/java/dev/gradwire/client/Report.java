package dev.gradwire.client;

import dev.gradwire.v1.Anomaly;
import dev.gradwire.v1.GradCheckResult;
import dev.gradwire.v1.Guarantees;
import dev.gradwire.v1.Statistics;
import java.util.List;
import java.util.Optional;

/**
 * What a run took and what holds for its numbers.
 *
 * @param gradFns metadata of the nodes with what each took, with {@link RunOptions#profile}
 * @param anomaly the first value that is not finite, with {@link RunOptions#keepGoing}
 * @param gradChecks one for each differentiated tensor, named as in the graph, with {@link RunOptions#gradCheck}
 */
public record Report(
        Statistics statistics,
        Guarantees guarantees,
        List<GradFn> gradFns,
        Optional<Anomaly> anomaly,
        List<GradCheckResult> gradChecks) {
    /** Of a request that was not needed. */
    static final Report EMPTY = new Report(
            Statistics.getDefaultInstance(), Guarantees.getDefaultInstance(), List.of(), Optional.empty(), List.of());

    static Report of(Answer answer, GradFnGraph gradFns) {
        return new Report(
                answer.statistics(),
                answer.guarantees(),
                gradFns.all(),
                Optional.ofNullable(answer.anomaly()),
                answer.gradChecks());
    }
}
