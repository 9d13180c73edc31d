package dev.gradwire.transform;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.graph.Recording;
import dev.gradwire.graph.TextForm;
import dev.gradwire.op.Operators;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class GradFnsTest {
    /** {@code node[:output] Name <- next functions}, a line each. */
    private static List<String> describe(List<GradFn> gradFns) {
        return gradFns.stream()
                .map(gradFn -> gradFn.node() + (gradFn.output() == 0 ? "" : ":" + gradFn.output()) + " " + gradFn.name()
                        + " "
                        + gradFn.nextFunctions().stream()
                                .map(edge -> edge.node() + "/" + edge.inputNumber())
                                .toList())
                .toList();
    }

    private static List<String> all(String text) {
        return describe(new GradFns(TextForm.parse(text, Operators.all()), Map.of()).all());
    }

    @Test
    void theTutorialsGraph() {
        assertThat(all("a: float32[2, 2] requires_grad\nb = add(a, 2)\nc = pow(b, 2)\nout = sum(c)\nreturn out"))
                .containsExactly(
                        "a AccumulateGrad []",
                        "b AddBackward0 [a/0, /0]",
                        "c PowBackward0 [b/0]",
                        "out SumBackward0 [c/0]");
    }

    @Test
    void edgesNameTheResultTheyComeFrom() {
        assertThat(all("x: float64[3] requires_grad\nm = sort(x)\nz: float64[3]\ny = mul(m, z)\nreturn y"))
                .contains("m SortBackward0 [x/0]", "y MulBackward0 [m/0, /0]");
    }

    @Test
    void whatNeedsNoGradientHasNone() {
        assertThat(all("x: float64[3]\ni = argmax(x)\ny = mul(x, x)\nreturn y")).isEmpty();
    }

    @Test
    void thePathLeavesOutWhatTheRootsDoNotNeed() {
        Recording recording = TextForm.parse(
                "x: float64[] requires_grad\nz: float64[] requires_grad\na = sin(x)\nb = cos(z)\nreturn a, b",
                Operators.all());
        GradFns gradFns = new GradFns(recording, Map.of());
        assertThat(describe(gradFns.path(List.of(recording.names().get("a")))))
                .containsExactly("x AccumulateGrad []", "a SinBackward0 [x/0]");
    }
}
