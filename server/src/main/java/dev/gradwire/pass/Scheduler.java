package dev.gradwire.pass;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Graph;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.Reason;
import dev.gradwire.graph.Value;
import dev.gradwire.kernel.Backend;
import dev.gradwire.kernel.KernelCall;
import dev.gradwire.kernel.KernelException;
import dev.gradwire.op.Declaration;
import dev.gradwire.op.Declaration.Overload;
import dev.gradwire.pass.Plan.ConstantSlot;
import dev.gradwire.pass.Plan.Price;
import dev.gradwire.pass.Plan.Slot;
import dev.gradwire.pass.Plan.Step;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes the plan: resolves each node's kernel, finds the last use of each value, prices the run. Equal calls share their
 * kernel: large graphs repeat themselves.
 */
final class Scheduler {
    private record Resolved(KernelCall call, Work work) {}

    private final Graph graph;
    private final Backend backend;
    private final Liveness liveness;
    /** By the index of a node, its planned bodies. */
    private final List<ControlFlow.@Nullable Planned> control = new ArrayList<>();

    private final Map<KernelCall, Resolved> resolved = new HashMap<>();
    /** Slots by the values' ids. */
    private final int[] slots;

    private final List<ConstantSlot> constants = new ArrayList<>();
    private final List<Integer> seeds = new ArrayList<>();
    private final List<Step> steps = new ArrayList<>();
    private int slotCount;
    private long flops;
    private long bytesMoved;

    private Scheduler(Graph graph, Backend backend, ControlFlow bodies, boolean constantsStay) {
        this.graph = graph;
        this.backend = backend;
        BitSet read = Liveness.read(graph);
        graph.nodes().forEach(node -> control.add(bodies.plan(node, read)));
        this.liveness = Liveness.of(graph, control, constantsStay);
        this.slots = new int[graph.valueCount()];
    }

    /**
     * @param constantsStay whether constants live until the end, as they must where the plan runs more than once
     * @throws dev.gradwire.kernel.KernelException when the backend lacks a kernel
     */
    static Plan schedule(Graph graph, Backend backend, ControlFlow bodies, boolean constantsStay) {
        return new Scheduler(graph, backend, bodies, constantsStay).run();
    }

    private Plan run() {
        graph.inputs().forEach(input -> newSlot(input.value()));
        for (int i = 0; i < graph.nodes().size(); i++) {
            Node node = graph.nodes().get(i);
            node.results().forEach(this::newSlot);
            switch (node.op().schema().name()) {
                case GraphBuilder.CONSTANT -> {
                    Argument.Constant constant = (Argument.Constant) node.args().getFirst();
                    constants.add(new ConstantSlot(slots[node.result().id()], constant.tensor()));
                }
                case GraphBuilder.SEED -> seeds.add(slots[node.result().id()]);
                default -> steps.add(step(node, control.get(i), liveness.deathsAt(i)));
            }
        }
        List<Slot> inputs = graph.inputs().stream()
                .map(input -> slot(input.name(), input.value()))
                .toList();
        List<Slot> outputs = graph.outputs().stream()
                .map(output -> slot(output.name(), output.value()))
                .toList();
        Price price = new Price(flops, bytesMoved, liveness.peakBytes());
        return new Plan(backend.device(), slotCount, inputs, constants, seeds, steps, outputs, price);
    }

    private void newSlot(Value value) {
        slots[value.id()] = slotCount++;
    }

    private Slot slot(String name, Value value) {
        return new Slot(name, slots[value.id()], value.type());
    }

    private List<Integer> slots(List<Value> values) {
        List<Integer> numbers = new ArrayList<>(values.size());
        for (Value value : values) {
            numbers.add(slots[value.id()]);
        }
        return numbers;
    }

    private Step step(Node node, ControlFlow.@Nullable Planned planned, List<Value> deaths) {
        try {
            return planned == null ? kernelStep(node, deaths) : controlStep(node, planned, deaths);
        } catch (KernelException e) {
            throw new GraphException(Reason.DTYPE_UNSUPPORTED, String.valueOf(e.getMessage()))
                    .at(node.name(), node.op().schema().key());
        } catch (ArithmeticException e) {
            throw GraphException.overflow().at(node.name(), node.op().schema().key());
        }
    }

    private Step controlStep(Node node, ControlFlow.Planned planned, List<Value> deaths) {
        Price price = planned.price();
        count(price);
        KernelCall call = new KernelCall(
                node.op().schema().key(),
                List.of(),
                planned.operands().stream().map(Value::type).toList(),
                planned.results().stream().map(Value::type).toList());
        return new Step(
                node.name(),
                node.backward(),
                call,
                planned.work(),
                slots(planned.operands()),
                slots(planned.results()),
                slots(deaths),
                price);
    }

    private void count(Price price) {
        flops = Math.addExact(flops, price.flops());
        bytesMoved = Math.addExact(bytesMoved, price.bytesMoved());
    }

    private Step kernelStep(Node node, List<Value> deaths) {
        KernelCalls.Bound bound = KernelCalls.bind(node);
        Resolved same =
                resolved.computeIfAbsent(bound.call(), call -> new Resolved(call, new Work.Run(backend.resolve(call))));
        Price price = price(node, same.call.operands(), same.call.results());
        count(price);
        return new Step(
                node.name(),
                node.backward(),
                same.call,
                same.work,
                slots(bound.operands()),
                slots(node.results()),
                slots(deaths),
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
