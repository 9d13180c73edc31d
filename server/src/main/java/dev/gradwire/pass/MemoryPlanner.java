package dev.gradwire.pass;

import dev.gradwire.graph.Graph;
import dev.gradwire.graph.Value;
import dev.gradwire.pass.Memory.Place;
import dev.gradwire.pass.Packing.Interval;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Plans memory: a tensor has its place from the unit that makes it to the last one that reads it or a view of it, and
 * then makes room for others.
 */
final class MemoryPlanner {
    /**
     * Whose outputs they are: of a whole graph, whose outputs each run makes anew and gives away, or of a function, which
     * computes into tensors that its caller gives.
     */
    enum Outputs {
        GIVEN_AWAY,
        CALLERS
    }

    private final Liveness liveness;
    private final boolean planned;
    private final Outputs outputs;
    private final @Nullable Place[] places;
    /** What lies in the stretch: by the ids of values and by units the numbers of their intervals, −1 for none. */
    private final List<Interval> intervals = new ArrayList<>();

    private final int[] ofValues;
    private final int[] ofScratch;
    private @Nullable Packing packing;
    /** By the ids of values that are storages: how many live values have them, and what they take outside the plan. */
    private final int[] users;

    private final long[] ownBytes;
    /** The ids of values in whose place another one stands later. */
    private final BitSet handedOn = new BitSet();

    /** The storages of outputs. */
    private final Map<Integer, Integer> outputStorages = new HashMap<>();

    private final Graph graph;
    private long live;
    private long peak;

    private MemoryPlanner(Graph graph, List<Unit> units, Liveness liveness, boolean planned, Outputs outputs) {
        this.graph = graph;
        this.liveness = liveness;
        this.planned = planned;
        this.outputs = outputs;
        this.places = new @Nullable Place[graph.valueCount()];
        this.users = new int[graph.valueCount()];
        this.ownBytes = new long[graph.valueCount()];
        this.ofValues = new int[graph.valueCount()];
        this.ofScratch = new int[units.size()];
        Arrays.fill(ofValues, -1);
        Arrays.fill(ofScratch, -1);
    }

    /** @param planned whether the device's memory is planned; otherwise each result has memory of its own */
    static MemoryPlanner plan(Graph graph, List<Unit> units, Liveness liveness, boolean planned, Outputs outputs) {
        MemoryPlanner planner = new MemoryPlanner(graph, units, liveness, planned, outputs);
        planner.begin();
        for (int i = 0; i < units.size(); i++) {
            planner.place(units.get(i), i);
        }
        planner.packing = Packing.of(planner.intervals);
        return planner;
    }

    /** How long the stretch of memory is, in bytes. */
    long bytes() {
        return packing().length();
    }

    /** Bytes of all memory at one time, inputs included, at the most. */
    long peakBytes() {
        return Math.addExact(bytes(), peak);
    }

    /** Where the memory lies that a unit's work needs besides, in bytes; −1 where it needs none. */
    long scratch(int unit) {
        return ofScratch[unit] < 0 ? -1 : packing().offsets().get(ofScratch[unit]);
    }

    private Packing packing() {
        return Objects.requireNonNull(packing);
    }

    private void begin() {
        for (Graph.Input input : graph.inputs()) {
            live = Math.addExact(live, input.value().type().lengthInBytes());
        }
        peak = live;
        for (int i = 0; i < graph.outputs().size(); i++) {
            Value value = graph.outputs().get(i).value();
            int root = liveness.storage(value);
            boolean whole = root == value.id() && !outputStorages.containsKey(root);
            outputStorages.put(root, whole ? i : -1);
            if (outputs == Outputs.CALLERS) {
                live = Math.addExact(live, value.type().lengthInBytes());
            }
        }
        peak = live;
    }

    private void place(Unit unit, int index) {
        long needed = unit.work().scratchBytes();
        if (needed > 0 && planned) {
            ofScratch[index] = intervals.size();
            intervals.add(new Interval(needed, index, index));
        }
        for (Value result : unit.results()) {
            places[result.id()] = place(unit, result, index);
            users[liveness.storage(result)]++;
        }
        long besides = Math.addExact(unit.price().peakBytes(), planned ? 0 : needed);
        peak = Math.max(peak, Math.addExact(live, besides));
        for (Value dead : liveness.deathsAt(index)) {
            release(dead, index);
        }
    }

    private @Nullable Place place(Unit unit, Value result, int index) {
        if (unit.isView()) {
            return new Place.Made();
        }
        TensorType type = result.type();
        long bytes = type.lengthInBytes();
        Integer output = outputStorages.get(result.id());
        boolean writes = unit.work().writes();
        if (writes && output != null && outputs == Outputs.CALLERS && output >= 0) {
            return new Place.Output(output);
        }
        if (writes && planned && bytes > 0 && (output == null || outputs == Outputs.CALLERS)) {
            int replaced = replaced(unit, result, index);
            if (replaced >= 0) {
                ofValues[result.id()] = ofValues[replaced];
                handedOn.set(replaced);
                return null;
            }
            ofValues[result.id()] = intervals.size();
            intervals.add(new Interval(bytes, index, Integer.MAX_VALUE));
            return null;
        }
        ownBytes[result.id()] = bytes;
        live = Math.addExact(live, bytes);
        peak = Math.max(peak, live);
        return writes ? new Place.Own(type) : new Place.Made();
    }

    /**
     * The id of an operand in whose place a result can be put: one that dies here, of which there is no view, and whose
     * place no other result has yet. −1 where there is none.
     */
    private int replaced(Unit unit, Value result, int index) {
        int number = unit.results().indexOf(result);
        for (int i = 0; i < unit.operands().size(); i++) {
            Value operand = unit.operands().get(i);
            int id = operand.id();
            if (ofValues[id] >= 0
                    && users[id] == 1
                    && liveness.storage(operand) == id
                    && !handedOn.get(id)
                    && liveness.deathsAt(index).contains(operand)
                    && unit.operands().indexOf(operand) == unit.operands().lastIndexOf(operand)
                    && unit.work().mayReplace(i, number)) {
                return id;
            }
        }
        return -1;
    }

    private void release(Value dead, int index) {
        int root = liveness.storage(dead);
        if (users[root] == 0 || --users[root] > 0) {
            return;
        }
        live -= ownBytes[root];
        int interval = ofValues[root];
        if (interval >= 0 && !handedOn.get(root)) {
            Interval life = intervals.get(interval);
            intervals.set(interval, new Interval(life.bytes(), life.from(), index));
        }
    }

    /** Of values in their order. */
    List<Place> places(List<Value> values) {
        List<Place> ordered = new ArrayList<>(values.size());
        for (Value value : values) {
            ordered.add(place(value));
        }
        return ordered;
    }

    private Place place(Value value) {
        int interval = ofValues[value.id()];
        if (interval >= 0) {
            return new Place.Planned(packing().offsets().get(interval), value.type());
        }
        Place place = places[value.id()];
        return place == null ? new Place.Given() : place;
    }
}
