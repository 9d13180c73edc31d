package dev.gradwire.pass;

import dev.gradwire.graph.Graph;
import dev.gradwire.graph.TextForm;
import dev.gradwire.kernel.Backend;
import dev.gradwire.kernel.Groups;
import dev.gradwire.op.Operators;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Plans of graphs in the text form, and their steps as text. */
final class PlanTexts {
    private PlanTexts() {}

    static Plan plan(String text, Backend backend, @Nullable Groups groups) {
        Graph graph = TextForm.parse(text, Operators.all()).graph();
        return Pipeline.plan(graph, Operators.all(), new Target(backend, groups), Stages.UNHEARD);
    }

    /** Each step as {@code call operands -> results}, a line each. */
    static List<String> steps(Plan plan) {
        List<String> lines = new ArrayList<>();
        for (Plan.Step step : plan.steps()) {
            lines.add(step.call().name() + " " + step.operands() + " -> " + step.results());
        }
        return lines;
    }
}
