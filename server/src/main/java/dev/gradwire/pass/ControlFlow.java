package dev.gradwire.pass;

import dev.gradwire.graph.Argument.Body;
import dev.gradwire.graph.Call;
import dev.gradwire.graph.Graph;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.OperatorTable;
import dev.gradwire.graph.Value;
import dev.gradwire.op.Branches;
import dev.gradwire.op.Loops;
import dev.gradwire.pass.Plan.Price;
import dev.gradwire.pass.Work.Result;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Plans the nodes whose functions are run as often as the values say: each body once, whoever shares it. */
final class ControlFlow {
    /**
     * A node with planned bodies.
     *
     * @param results those that something reads; the others are not computed
     * @param price of a run; its peak is what bodies allocate besides results and planned memory
     */
    record Planned(Work work, List<Value> operands, List<Value> results, Price price) {}

    private record Wanted(Body body, BitSet outputs) {}

    private final OperatorTable operators;
    private final Target target;
    private final Map<Wanted, Plan> plans = new HashMap<>();

    ControlFlow(OperatorTable operators, Target target) {
        this.operators = operators;
        this.target = target;
    }

    /** Null for a node that a kernel computes. */
    @Nullable
    Planned plan(Node node, BitSet read) {
        return switch (node.op().canonical().name()) {
            case Branches.COND -> branch(node, read);
            case Loops.SCAN, Loops.INTERNAL_SCAN, Loops.WHILE -> loop(node, read);
            default -> null;
        };
    }

    private Plan plan(Body body, BitSet outputs) {
        Wanted wanted = new Wanted(body, outputs);
        Plan known = plans.get(wanted);
        if (known == null) {
            Graph graph = body.graph();
            List<Graph.Output> kept =
                    outputs.stream().mapToObj(graph.outputs()::get).toList();
            Graph pruned = new Graph(graph.inputs(), graph.nodes(), kept, graph.valueCount());
            known = Pipeline.planBody(pruned, operators, target, this);
            plans.put(wanted, known);
        }
        return known;
    }

    private Planned branch(Node node, BitSet read) {
        BitSet wanted = new BitSet();
        List<Value> results = new ArrayList<>();
        for (int i = 0; i < node.results().size(); i++) {
            if (read.get(node.results().get(i).id())) {
                wanted.set(i);
                results.add(node.results().get(i));
            }
        }
        Plan chosen = plan(node.call().body("true_fn"), wanted);
        Plan other = plan(node.call().body("false_fn"), wanted);
        Price price = new Price(
                Math.addExact(1, Math.max(chosen.price().flops(), other.price().flops())),
                Math.max(chosen.price().bytesMoved(), other.price().bytesMoved()),
                Math.max(unplanned(chosen), unplanned(other)));
        List<Value> operands = new ArrayList<>();
        node.forEachOperand(operands::add);
        return new Planned(new Work.Branch(chosen, other), operands, results, price);
    }

    /** What kernels of a function allocate for themselves: inputs, outputs and planned memory are others'. */
    private static long unplanned(Plan plan) {
        long others = plan.memory().bytes();
        for (Plan.Slot slot : plan.inputs()) {
            others = Math.addExact(others, slot.type().lengthInBytes());
        }
        for (Plan.Slot slot : plan.outputs()) {
            others = Math.addExact(others, slot.type().lengthInBytes());
        }
        return Math.max(0, plan.price().peakBytes() - others);
    }

    private Planned loop(Node node, BitSet read) {
        Call call = node.call();
        boolean isWhile = Loops.isWhile(call);
        int carries = Loops.carries(call);
        Body body = call.body(isWhile ? "body_fn" : "combine_fn");
        int visible = body.graph().outputs().size();
        BitSet outputs = new BitSet();
        outputs.set(0, carries);
        List<Value> results = new ArrayList<>();
        List<Result> made = new ArrayList<>();
        long stacked = 0;
        for (int i = 0; i < node.results().size(); i++) {
            Value value = node.results().get(i);
            if (read.get(value.id())) {
                results.add(value);
                boolean trips = isWhile && i == node.results().size() - 1;
                Result result = trips ? new Result.Trips() : result(i, carries, visible, outputs, value.type());
                made.add(result);
                boolean rows = !(result instanceof Result.Last);
                stacked = Math.addExact(stacked, rows ? value.type().lengthInBytes() : 0);
            }
        }
        BitSet verdict = new BitSet();
        verdict.set(0);
        Plan test = isWhile ? plan(call.body("cond_fn"), verdict) : null;
        Plan planned = plan(body, outputs);
        int[] dims = isWhile ? new int[0] : Loops.sliceDims(call);
        long bound = isWhile ? call.integer("max_iterations", Work.Loop.UNBOUNDED) : Loops.length(call);
        Work.Loop loop = new Work.Loop(
                test,
                planned,
                carries,
                Arrays.stream(dims).boxed().toList(),
                !isWhile && call.bool("reverse"),
                bound,
                Loops.isCounted(call),
                made);
        List<Value> operands = new ArrayList<>();
        node.forEachOperand(operands::add);
        return new Planned(loop, operands, results, price(loop, stacked));
    }

    private static Result result(int index, int carries, int visible, BitSet outputs, TensorType type) {
        if (index < carries) {
            return new Result.Last(index);
        }
        if (index >= visible) {
            return new Result.History(index - visible, type);
        }
        outputs.set(index);
        return new Result.Stack(outputs.cardinality() - 1, type);
    }

    /** A loop without bound is priced as one iteration: what it costs, nobody knows before. */
    private static Price price(Work.Loop loop, long stackedBytes) {
        long iterations = loop.most() == Work.Loop.UNBOUNDED ? 1 : loop.most();
        Price each = loop.body().price();
        long flops = Math.addExact(1, each.flops());
        long moved = each.bytesMoved();
        long unplanned = unplanned(loop.body());
        if (loop.test() != null) {
            flops = Math.addExact(flops, loop.test().price().flops());
            moved = Math.addExact(moved, loop.test().price().bytesMoved());
            unplanned = Math.max(unplanned, unplanned(loop.test()));
        }
        return new Price(
                Math.addExact(1, Math.multiplyExact(iterations, flops)),
                Math.addExact(stackedBytes, Math.multiplyExact(iterations, moved)),
                unplanned);
    }
}
