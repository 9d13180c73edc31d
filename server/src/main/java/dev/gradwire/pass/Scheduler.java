package dev.gradwire.pass;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Graph;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.Value;
import dev.gradwire.kernel.Backend;
import dev.gradwire.op.Declaration;
import dev.gradwire.op.Declaration.Overload;
import dev.gradwire.pass.Plan.ConstantSlot;
import dev.gradwire.pass.Plan.Price;
import dev.gradwire.pass.Plan.Slot;
import dev.gradwire.pass.Plan.Step;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/** Makes the plan: resolves each node's kernel, finds the last use of each value, prices the run. */
final class Scheduler {
    private final Graph graph;
    private final Backend backend;
    private final Liveness liveness;
    private final List<ConstantSlot> constants = new ArrayList<>();
    private final List<Step> steps = new ArrayList<>();
    private long flops;
    private long bytesMoved;

    private Scheduler(Graph graph, Backend backend) {
        this.graph = graph;
        this.backend = backend;
        this.liveness = Liveness.of(graph);
    }

    /** @throws dev.gradwire.kernel.KernelException when the backend lacks a kernel */
    static Plan schedule(Graph graph, Backend backend) {
        return new Scheduler(graph, backend).run();
    }

    private Plan run() {
        for (int i = 0; i < graph.nodes().size(); i++) {
            Node node = graph.nodes().get(i);
            if (node.op().schema().name().equals(GraphBuilder.CONSTANT)) {
                Argument.Constant constant = (Argument.Constant) node.args().getFirst();
                constants.add(new ConstantSlot(node.result().id(), constant.tensor()));
            } else {
                steps.add(step(node, liveness.lastUsesAt(i)));
            }
        }
        List<Slot> inputs = graph.inputs().stream()
                .map(input -> slot(input.name(), input.value()))
                .toList();
        List<Slot> outputs = graph.outputs().stream()
                .map(output -> slot(output.name(), output.value()))
                .toList();
        Price price = new Price(flops, bytesMoved, liveness.peakBytes());
        return new Plan(backend.device(), graph.valueCount(), inputs, constants, steps, outputs, price);
    }

    private static Slot slot(String name, Value value) {
        return new Slot(name, value.id(), value.type());
    }

    private Step step(Node node, List<Integer> releases) {
        KernelCalls.Bound bound = KernelCalls.bind(node);
        List<Integer> operands = bound.operands().stream().map(Value::id).toList();
        List<Integer> results = node.results().stream().map(Value::id).toList();
        Price price = price(node, bound.call().operands(), bound.call().results());
        flops = Math.addExact(flops, price.flops());
        bytesMoved = Math.addExact(bytesMoved, price.bytesMoved());
        return new Step(
                node.name(),
                node.backward(),
                bound.call(),
                backend.resolve(bound.call()),
                operands,
                results,
                releases,
                price);
    }

    private static Price price(Node node, List<TensorType> operands, List<TensorType> results) {
        Declaration declaration = ((Overload) node.op()).declaration();
        long bytes = 0;
        if (!declaration.isView()) {
            for (TensorType type : operands) {
                bytes = Math.addExact(bytes, type.lengthInBytes());
            }
            for (TensorType type : results) {
                bytes = Math.addExact(bytes, type.lengthInBytes());
            }
        }
        return new Price(declaration.flops(node.call(), results), bytes, 0);
    }
}
