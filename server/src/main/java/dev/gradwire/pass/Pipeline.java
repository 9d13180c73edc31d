package dev.gradwire.pass;

import dev.gradwire.graph.Graph;
import dev.gradwire.graph.GraphVerifier;
import dev.gradwire.graph.OperatorTable;
import dev.gradwire.kernel.Backend;
import dev.gradwire.pass.MemoryPlanner.Outputs;
import java.util.List;

/** The passes in their order. */
public final class Pipeline {
    /** Whether the verifier runs before the first pass and after each: tests switch it on. */
    private static final boolean VERIFY = Boolean.getBoolean("gradwire.verify");

    private Pipeline() {}

    /**
     * Plans a graph without {@code grad} nodes.
     *
     * @throws dev.gradwire.kernel.KernelException when the backend lacks a kernel for one of its operators
     */
    public static Plan plan(Graph graph, OperatorTable operators, Backend backend) {
        return plan(graph, operators, new Target(backend, backend.groups()), Stages.UNHEARD);
    }

    /** The same for a target, telling {@code stages} of each pass. */
    public static Plan plan(Graph graph, OperatorTable operators, Target target, Stages stages) {
        Graph simplified = simplified(graph, operators, target, stages);
        Plan plan = Scheduler.schedule(simplified, target, new ControlFlow(operators, target), Outputs.GIVEN_AWAY);
        stages.ended("schedule", plan.steps().size());
        return plan;
    }

    /** Plans a function that may run many times, into tensors that its caller gives. */
    static Plan planBody(Graph graph, OperatorTable operators, Target target, ControlFlow control) {
        Graph simplified = simplified(graph, operators, target, Stages.UNHEARD);
        return Scheduler.schedule(simplified, target, control, Outputs.CALLERS);
    }

    private static Graph simplified(Graph graph, OperatorTable operators, Target target, Stages stages) {
        List<Pass> passes = List.of(
                new DeadCode(),
                new Decompose(operators, target.groups() != null),
                new SettleTypes(operators),
                new Simplify(operators),
                new ExpandLast(operators),
                new CommonSubexpressions(operators),
                new ConstantFolding(operators, target.backend()),
                new DeadCode());
        Graph current = verified(graph);
        for (Pass pass : passes) {
            current = verified(pass.apply(current));
            stages.ended(pass.getClass().getSimpleName(), current.nodes().size());
        }
        return current;
    }

    private static Graph verified(Graph graph) {
        if (VERIFY) {
            GraphVerifier.verify(graph);
        }
        return graph;
    }
}
