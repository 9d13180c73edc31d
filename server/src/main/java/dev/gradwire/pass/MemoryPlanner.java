package dev.gradwire.pass;

import dev.gradwire.graph.Graph;
import dev.gradwire.graph.Value;
import dev.gradwire.pass.Memory.Place;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
    private final Offsets offsets = new Offsets();
    private final @Nullable Place[] places;
    private final long[] scratch;
    /** By the ids of values that are storages: how many live values have them, and what they take outside the plan. */
    private final int[] users;

    private final long[] ownBytes;
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
        this.scratch = new long[units.size()];
        Arrays.fill(scratch, -1);
    }

    /** @param planned whether the device's memory is planned; otherwise each result has memory of its own */
    static MemoryPlanner plan(Graph graph, List<Unit> units, Liveness liveness, boolean planned, Outputs outputs) {
        MemoryPlanner planner = new MemoryPlanner(graph, units, liveness, planned, outputs);
        planner.begin();
        for (int i = 0; i < units.size(); i++) {
            planner.place(units.get(i), i);
        }
        return planner;
    }

    /** How long the stretch of memory is, in bytes. */
    long bytes() {
        return offsets.length();
    }

    /** Bytes of all memory at one time, inputs included, at the most. */
    long peakBytes() {
        return Math.addExact(bytes(), peak);
    }

    /** Where the memory lies that a unit's work needs besides, in bytes; −1 where it needs none. */
    long scratch(int unit) {
        return scratch[unit];
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
            scratch[index] = offsets.take(needed);
        }
        for (Value result : unit.results()) {
            places[result.id()] = place(unit, result);
            users[liveness.storage(result)]++;
        }
        long besides = Math.addExact(unit.price().peakBytes(), planned ? 0 : needed);
        peak = Math.max(peak, Math.addExact(live, besides));
        if (scratch[index] >= 0) {
            offsets.giveBack(scratch[index], needed);
        }
        for (Value dead : liveness.deathsAt(index)) {
            release(dead);
        }
    }

    private Place place(Unit unit, Value result) {
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
            return new Place.Planned(offsets.take(bytes), type);
        }
        ownBytes[result.id()] = bytes;
        live = Math.addExact(live, bytes);
        peak = Math.max(peak, live);
        return writes ? new Place.Own(type) : new Place.Made();
    }

    private void release(Value dead) {
        int root = liveness.storage(dead);
        if (users[root] == 0 || --users[root] > 0) {
            return;
        }
        live -= ownBytes[root];
        if (places[root] instanceof Place.Planned(long offset, TensorType type)) {
            offsets.giveBack(offset, type.lengthInBytes());
        }
    }

    /** Of values in their order. */
    List<Place> places(List<Value> values) {
        List<Place> ordered = new ArrayList<>(values.size());
        for (Value value : values) {
            Place place = places[value.id()];
            ordered.add(place == null ? new Place.Given() : place);
        }
        return ordered;
    }
}
