package dev.gradwire.kernel.vector;

import dev.gradwire.kernel.Group.Instruction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * How a loop goes over a row: in phases, one pass over the columns each. A phase ends where something needs the result of
 * a reduction along the columns; the level of a value is the first phase that can compute it. A value at places that a
 * later phase needs again is computed again, or read again where it is a result, or kept in a row of its own where
 * computing it is dear.
 */
final class LoopPlan {
    /** What computing a value again may cost, in instructions, before it is rather kept. */
    private static final int CHEAP = 5;

    private final LoopForm form;
    private final int[] levels;
    private final int phases;
    private final int[] keptIn;
    private final BitSet saved = new BitSet();

    LoopPlan(LoopForm form) {
        this.form = form;
        levels = new int[form.valueCount()];
        keptIn = new int[levels.length];
        Arrays.fill(keptIn, -1);
        int last = 0;
        for (int value = form.reads().size(); value < levels.length; value++) {
            for (int operand : form.operands(value)) {
                levels[value] = Math.max(levels[value], levels[operand]);
            }
            if (isReduction(value)) {
                last = Math.max(last, levels[value]);
                levels[value]++;
            }
        }
        for (LoopForm.Result write : form.writes()) {
            if (!write.perRow()) {
                last = Math.max(last, levels[write.value()]);
            }
        }
        phases = last + 1;
        if (form.keeps()) {
            keep();
        }
        save();
    }

    LoopForm form() {
        return form;
    }

    int phases() {
        return phases;
    }

    int level(int value) {
        return levels[value];
    }

    boolean isReduction(int value) {
        return !form.isRead(value) && form.instruction(value).op().isReduction();
    }

    /** Values at places with a row of their own, which one phase fills for later ones. */
    List<Integer> kept() {
        List<Integer> kept = new ArrayList<>();
        for (int value = 0; value < levels.length; value++) {
            if (keptIn[value] >= 0) {
                kept.add(value);
            }
        }
        return kept;
    }

    /** The phase that fills the row of a value; −1 where it has none. */
    int keptIn(int value) {
        return keptIn[value];
    }

    /** Values that stand once for a row and are handed from phase to phase in memory. */
    BitSet saved() {
        return saved;
    }

    /** The number of the write that stores this value at places, so that it can be read again; −1 without one. */
    int storedBy(int value) {
        for (int i = 0; i < form.writes().size(); i++) {
            LoopForm.Result write = form.writes().get(i);
            if (write.value() == value && !write.perRow() && write.overRows() == null && !form.perRow(value)) {
                return i;
            }
        }
        return -1;
    }

    /** Whether a phase reads this value from memory rather than computing it. */
    boolean isRead(int value, int phase) {
        return form.isRead(value)
                || keptIn[value] >= 0 && keptIn[value] < phase
                || levels[value] < phase && storedBy(value) >= 0;
    }

    /** Reductions along the columns that a phase ends with. */
    List<Integer> reductions(int phase) {
        List<Integer> found = new ArrayList<>();
        for (int value = form.reads().size(); value < levels.length; value++) {
            if (isReduction(value) && levels[value] == phase + 1) {
                found.add(value);
            }
        }
        return found;
    }

    /** Writes of values at places that a phase does. */
    List<Integer> placeWrites(int phase) {
        List<Integer> found = new ArrayList<>();
        for (int i = 0; i < form.writes().size(); i++) {
            LoopForm.Result write = form.writes().get(i);
            if (!write.perRow() && levels[write.value()] == phase) {
                found.add(i);
            }
        }
        return found;
    }

    /** Writes of values that stand once for a row, done after a phase. */
    List<Integer> rowWrites(int phase) {
        List<Integer> found = new ArrayList<>();
        for (int i = 0; i < form.writes().size(); i++) {
            LoopForm.Result write = form.writes().get(i);
            if (write.perRow() && Math.max(levels[write.value()] - 1, 0) == phase) {
                found.add(i);
            }
        }
        return found;
    }

    /** Values that a phase needs at places or repeated along the columns: what it reads or computes, and of what. */
    BitSet needed(int phase) {
        BitSet needed = new BitSet();
        for (int root : roots(phase)) {
            need(root, phase, needed);
        }
        return needed;
    }

    private List<Integer> roots(int phase) {
        List<Integer> roots = new ArrayList<>();
        for (int reduction : reductions(phase)) {
            roots.add(form.instruction(reduction).a());
        }
        for (int write : placeWrites(phase)) {
            roots.add(form.writes().get(write).value());
        }
        return roots;
    }

    private void need(int value, int phase, BitSet needed) {
        if (needed.get(value)) {
            return;
        }
        needed.set(value);
        boolean given = form.perRow(value) ? isGiven(value, phase) : isRead(value, phase);
        if (!given) {
            for (int operand : form.operands(value)) {
                need(operand, phase, needed);
            }
        }
    }

    /** Whether a phase finds a value that stands once for a row in memory. */
    private boolean isGiven(int value, int phase) {
        return form.isRead(value) || isReduction(value) || phase > 0 && !isConstant(value);
    }

    private boolean isConstant(int value) {
        return !form.isRead(value) && form.operands(value).length == 0;
    }

    /** Values that stand once for a row and are computed after a phase, and what of those it needs from memory. */
    BitSet neededAfter(int phase) {
        BitSet needed = new BitSet();
        for (int write : rowWrites(phase)) {
            needAfter(form.writes().get(write).value(), phase, needed);
        }
        for (int value = saved.nextSetBit(0); value >= 0; value = saved.nextSetBit(value + 1)) {
            if (!isReduction(value) && computedAfter(value, phase)) {
                needAfter(value, phase, needed);
            }
        }
        return needed;
    }

    private void needAfter(int value, int phase, BitSet needed) {
        if (needed.get(value)) {
            return;
        }
        needed.set(value);
        if (computedAfter(value, phase)) {
            for (int operand : form.operands(value)) {
                needAfter(operand, phase, needed);
            }
        }
    }

    /** Whether it is after this phase that a value which stands once for a row is computed. */
    boolean computedAfter(int value, int phase) {
        if (form.isRead(value) || isReduction(value)) {
            return false;
        }
        return isConstant(value) || levels[value] == phase + 1 || levels[value] == 0 && phase == 0;
    }

    /** Whether a phase, at its start, computes a value that stands once for a row. */
    boolean computedBefore(int value, int phase) {
        return !isGiven(value, phase);
    }

    /** What the longest phase takes at the very least as code. */
    int leastCodeBytes() {
        int most = 0;
        for (int phase = 0; phase < phases; phase++) {
            int cost = 0;
            BitSet needed = needed(phase);
            for (int value = needed.nextSetBit(0); value >= 0; value = needed.nextSetBit(value + 1)) {
                boolean loaded = form.perRow(value) || isRead(value, phase);
                cost += loaded ? 0 : cost(form.instruction(value));
            }
            most = Math.max(most, cost);
        }
        // each vector operation pushes two vectors, calls and stores, in whole vectors and in the rest
        return 2 * 8 * most;
    }

    private void keep() {
        BitSet computed = new BitSet();
        int[] first = new int[levels.length];
        for (int phase = 0; phase < phases; phase++) {
            BitSet seen = new BitSet();
            for (int root : roots(phase)) {
                cross(root, phase, computed, first, seen);
            }
            BitSet needed = needed(phase);
            for (int value = needed.nextSetBit(0); value >= 0; value = needed.nextSetBit(value + 1)) {
                if (!form.perRow(value) && !isRead(value, phase) && !computed.get(value)) {
                    computed.set(value);
                    first[value] = phase;
                }
            }
        }
    }

    /** Goes down to the values that earlier phases have computed already, and keeps those that are dear. */
    private void cross(int value, int phase, BitSet computed, int[] first, BitSet seen) {
        if (seen.get(value) || form.perRow(value) || isRead(value, phase)) {
            return;
        }
        seen.set(value);
        if (computed.get(value)) {
            if (costAgain(value, phase) <= CHEAP) {
                return;
            }
            if (LoopKind.of(form.dtype(value)) != LoopKind.MASK) {
                keptIn[value] = first[value];
                return;
            }
        }
        for (int operand : form.operands(value)) {
            cross(operand, phase, computed, first, seen);
        }
    }

    private int costAgain(int value, int phase) {
        BitSet again = new BitSet();
        need(value, phase, again);
        int cost = 0;
        for (int i = again.nextSetBit(0); i >= 0; i = again.nextSetBit(i + 1)) {
            if (!form.perRow(i) && !isRead(i, phase)) {
                cost += cost(form.instruction(i));
            }
        }
        return cost;
    }

    private static int cost(Instruction instruction) {
        return switch (instruction.op()) {
            case DIV, SQRT, RECIPROCAL, FMOD, REMAINDER -> 4;
            case RSQRT -> 8;
            case EXP, EXP2, SIGMOID, TANH -> 15;
            case EXPM1, LOG, LOG2, LOG10, LOG1P, SIN, COS, TAN, ASIN, ACOS, ATAN, SINH, COSH, ASINH, ACOSH, ATANH -> 20;
            case ERF, ERFC, LGAMMA, DIGAMMA, POW, ATAN2 -> 30;
            default -> 1;
        };
    }

    private void save() {
        for (int phase = 0; phase < phases; phase++) {
            saved.or(rowValues(needed(phase), phase, false));
        }
        // what is saved is computed from other values, which may have to be saved too
        int before = -1;
        while (saved.cardinality() > before) {
            before = saved.cardinality();
            for (int phase = 0; phase < phases; phase++) {
                saved.or(rowValues(neededAfter(phase), phase, true));
            }
        }
    }

    private BitSet rowValues(BitSet needed, int phase, boolean after) {
        BitSet found = new BitSet();
        for (int value = needed.nextSetBit(0); value >= 0; value = needed.nextSetBit(value + 1)) {
            if (!form.perRow(value) || form.isRead(value)) {
                continue;
            }
            boolean computed = after ? computedAfter(value, phase) : computedBefore(value, phase);
            if (!computed) {
                found.set(value);
            }
        }
        return found;
    }
}
