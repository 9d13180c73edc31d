package dev.gradwire.pass;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Graph;
import dev.gradwire.graph.GraphBuilder;
import dev.gradwire.graph.Node;
import dev.gradwire.graph.Value;
import dev.gradwire.pass.MemoryPlanner.Outputs;
import dev.gradwire.pass.Plan.ConstantSlot;
import dev.gradwire.pass.Plan.Price;
import dev.gradwire.pass.Plan.Slot;
import dev.gradwire.pass.Plan.Step;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** Makes the plan of units: gives each tensor a slot and a place in memory, and prices the run. */
final class Scheduler {
    private final Graph graph;
    private final Target target;
    private final List<Unit> units;
    private final Liveness liveness;
    /** Slots by the values' ids, and values by their slots. */
    private final int[] slots;

    private final List<Value> values = new ArrayList<>();
    private final List<ConstantSlot> constants = new ArrayList<>();
    private final List<Integer> seeds = new ArrayList<>();
    private final List<Step> steps = new ArrayList<>();
    private long flops;
    private long bytesMoved;
    private long constantBytes;

    private Scheduler(Graph graph, Target target, List<Unit> units) {
        this.graph = graph;
        this.target = target;
        this.units = units;
        this.liveness = Liveness.of(graph, units);
        this.slots = new int[graph.valueCount()];
    }

    /** @throws dev.gradwire.kernel.KernelException when the backend lacks a kernel */
    static Plan schedule(Graph graph, Target target, ControlFlow bodies, Outputs outputs) {
        return new Scheduler(graph, target, Units.of(graph, target, bodies)).run(outputs);
    }

    private Plan run(Outputs outputs) {
        graph.inputs().forEach(input -> newSlot(input.value()));
        findGiven();
        MemoryPlanner memory =
                MemoryPlanner.plan(graph, units, liveness, target.backend().wrapsHostMemory(), outputs);
        for (int i = 0; i < units.size(); i++) {
            units.get(i).results().forEach(this::newSlot);
            steps.add(step(units.get(i), liveness.deathsAt(i), memory.scratch(i)));
        }
        List<Slot> inputs = graph.inputs().stream()
                .map(input -> slot(input.name(), input.value()))
                .toList();
        List<Slot> results = graph.outputs().stream()
                .map(output -> slot(output.name(), output.value()))
                .toList();
        Price price = new Price(flops, bytesMoved, Math.addExact(memory.peakBytes(), constantBytes));
        Memory placed = new Memory(memory.bytes(), memory.places(values));
        return new Plan(
                target.backend().device(), values.size(), inputs, constants, seeds, steps, results, placed, price);
    }

    /** Constants and seeds that some unit reads as tensors, or that are outputs. */
    private void findGiven() {
        BitSet read = new BitSet(graph.valueCount());
        units.forEach(unit -> unit.operands().forEach(operand -> read.set(operand.id())));
        graph.outputs().forEach(output -> read.set(output.value().id()));
        for (Node node : graph.nodes()) {
            if (node.results().isEmpty() || !read.get(node.result().id())) {
                continue;
            }
            switch (node.op().schema().name()) {
                case GraphBuilder.CONSTANT -> {
                    Argument.Constant constant = (Argument.Constant) node.args().getFirst();
                    constants.add(new ConstantSlot(newSlot(node.result()), constant.tensor()));
                    constantBytes =
                            Math.addExact(constantBytes, node.result().type().lengthInBytes());
                }
                case GraphBuilder.SEED -> seeds.add(newSlot(node.result()));
                default -> {}
            }
        }
    }

    private int newSlot(Value value) {
        slots[value.id()] = values.size();
        values.add(value);
        return slots[value.id()];
    }

    private Slot slot(String name, Value value) {
        return new Slot(name, slots[value.id()], value.type());
    }

    private List<Integer> slots(List<Value> of) {
        List<Integer> numbers = new ArrayList<>(of.size());
        for (Value value : of) {
            numbers.add(slots[value.id()]);
        }
        return numbers;
    }

    private Step step(Unit unit, List<Value> deaths, long scratch) {
        flops = Math.addExact(flops, unit.price().flops());
        bytesMoved = Math.addExact(bytesMoved, unit.price().bytesMoved());
        return new Step(
                unit.nodes(),
                unit.backward(),
                unit.call(),
                unit.work(),
                slots(unit.operands()),
                slots(unit.results()),
                slots(deaths),
                scratch,
                unit.price());
    }
}
