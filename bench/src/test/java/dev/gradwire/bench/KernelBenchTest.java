package dev.gradwire.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.openjdk.jmh.runner.RunnerException;

final class KernelBenchTest {
    /** Enough to see that it runs. */
    private static final KernelBench.Times SHORT = new KernelBench.Times(1, 2, 0, 0);

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8);

    @Test
    void aKernelIsTimedEveryWay() throws RunnerException {
        List<KernelFigure> figures =
                new KernelBench(SHORT, false, out).run(KernelBench.matching(List.of("exp float32 13")));
        assertThat(figures).extracting(KernelFigure::way).containsExactly(Way.TIER_0, Way.TIER_1, Way.LIBTORCH);
        assertThat(figures).allMatch(figure -> figure.nanos() > 0);
        assertThat(printed.toString(StandardCharsets.UTF_8).lines())
                .hasSize(3)
                .first()
                .asString()
                .startsWith("kernel");
    }

    @Test
    void figuresAreRatios() {
        KernelCase timed =
                KernelBench.matching(List.of("softmax float32 512x768")).getFirst();
        List<KernelFigure> figures = List.of(
                new KernelFigure(timed, Way.TIER_0, 0.5, 0.45, 0.55), new KernelFigure(timed, Way.LIBTORCH, 2, 2, 2));
        assertThat(KernelTable.lines(figures).getFirst().replaceAll("[\\s|]+", " "))
                .isEqualTo("softmax float32 512x768 element tier 0 0.5000 2.0000 0.25 20%");
        assertThat(KernelTable.json(figures).replaceAll("\\s", ""))
                .startsWith("[{\"kernel\":\"softmax\",\"dtype\":\"float32\",\"size\":\"512x768\",\"per\":\"element\","
                        + "\"count\":393216,\"engine\":\"tier0\",\"ns\":0.5,\"low_ns\":0.45,\"high_ns\":0.55}");
    }

    @Test
    void kernelsAreFoundByNameAndByAll() {
        assertThat(KernelBench.matching(List.of())).doesNotHaveDuplicates().hasSameSizeAs(KernelCases.all());
        assertThat(KernelBench.matching(List.of("exp")))
                .extracting(KernelCase::id)
                .containsExactly("exp float32 13", "exp float32 4098", "exp float32 1048576", "exp float64 4098");
        assertThat(KernelBench.matching(List.of("mm*", "*float64*"))).hasSize(5 + 6);
        assertThat(KernelBench.matching(List.of("nothing"))).isEmpty();
    }

    /** The largest take long and are no other kernels. */
    static List<KernelCase> cases() {
        return KernelCases.all().stream()
                .filter(each -> !each.size().equals("1048576"))
                .toList();
    }

    /** Otherwise it would be no comparison. */
    @ParameterizedTest
    @MethodSource("cases")
    void allWaysComputeTheSame(KernelCase timed) {
        double[] library = values(timed, Way.LIBTORCH);
        double tolerance = timed.dtype().equals("float64") ? 1e-12 : 2e-5;
        for (Way way : timed.ways()) {
            double[] values = values(timed, way);
            assertThat(values).hasSameSizeAs(library);
            for (int i = 0; i < values.length; i++) {
                if (Math.abs(values[i] - library[i]) > tolerance * (1 + Math.abs(library[i]))) {
                    assertThat(values[i])
                            .as("%s by %s, element %d", timed.id(), way, i)
                            .isEqualTo(library[i]);
                }
            }
        }
    }

    private static double[] values(KernelCase timed, Way way) {
        try (Timed prepared = way.prepare(timed)) {
            prepared.run();
            return prepared.values();
        }
    }
}
