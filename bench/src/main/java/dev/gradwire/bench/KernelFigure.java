package dev.gradwire.bench;

import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.util.Statistics;

/**
 * What was measured of a kernel one way.
 *
 * @param nanos median time for one of the case's units, in nanoseconds
 * @param low the shortest
 * @param high the longest
 */
record KernelFigure(KernelCase timed, Way way, double nanos, double low, double high) {
    static KernelFigure of(KernelCase timed, RunResult result) {
        Statistics statistics = result.getPrimaryResult().getStatistics();
        return new KernelFigure(
                timed,
                Way.valueOf(result.getParams().getParam("way")),
                statistics.getPercentile(50) / timed.count(),
                statistics.getMin() / timed.count(),
                statistics.getMax() / timed.count());
    }
}
