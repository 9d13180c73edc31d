package dev.gradwire.pass;

import dev.gradwire.graph.Graph;
import dev.gradwire.graph.Value;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * When what units make dies, and which values share storage: a view has the storage of what it shows. Outputs live
 * throughout.
 */
final class Liveness {
    /** For each unit the values that nothing reads after it. */
    private final List<List<Value>> deaths = new ArrayList<>();
    /** By the ids of values: the value whose storage it has. */
    private final int[] storage;

    private Liveness(int valueCount) {
        storage = new int[valueCount];
        for (int i = 0; i < valueCount; i++) {
            storage[i] = i;
        }
    }

    static Liveness of(Graph graph, List<Unit> units) {
        Liveness liveness = new Liveness(graph.valueCount());
        for (Unit unit : units) {
            if (unit.isView()) {
                int base = liveness.storage[unit.operands().getFirst().id()];
                unit.results().forEach(result -> liveness.storage[result.id()] = base);
            }
        }
        liveness.findDeaths(graph, units);
        return liveness;
    }

    /** The ids of the values that a node or an output reads. */
    static BitSet read(Graph graph) {
        BitSet read = new BitSet(graph.valueCount());
        graph.nodes().forEach(node -> node.forEachOperand(operand -> read.set(operand.id())));
        graph.outputs().forEach(output -> read.set(output.value().id()));
        return read;
    }

    /** From the end, the first place where a value is met is its last use. */
    private void findDeaths(Graph graph, List<Unit> units) {
        BitSet met = new BitSet(graph.valueCount());
        met.set(0, graph.valueCount());
        units.forEach(unit -> unit.results().forEach(result -> met.clear(result.id())));
        graph.outputs().forEach(output -> met.set(output.value().id()));
        for (Unit unit : units.reversed()) {
            List<Value> dying = new ArrayList<>();
            for (Value value : unit.results()) {
                meet(value, met, dying);
            }
            for (Value value : unit.operands()) {
                meet(value, met, dying);
            }
            deaths.add(dying);
        }
    }

    private static void meet(Value value, BitSet met, List<Value> dying) {
        if (!met.get(value.id())) {
            met.set(value.id());
            dying.add(value);
        }
    }

    /** The values that are dead after a unit, its own unread results among them. */
    List<Value> deathsAt(int unit) {
        return deaths.get(deaths.size() - 1 - unit);
    }

    /** The id of the value whose storage a value has. */
    int storage(Value value) {
        return storage[value.id()];
    }
}
