package dev.gradwire.kernel.vector;

import static java.util.Objects.requireNonNull;

import dev.gradwire.kernel.Group;
import dev.gradwire.kernel.GroupOp;
import dev.gradwire.tensor.DType;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Writes one {@link TileCode} of a group: for tiles of whole rows, or for one walk over the tiles of a long row.
 *
 * <p>A value has up to two registers: one with elements for rows, where it stands once for a row, and one with elements
 * for places. They are made when first asked for.
 */
final class Assembler {
    /** How many registers may keep their content from tile to tile: more would push the others out of the cache. */
    private static final int MOST_LASTING = 24;

    private final TileProgram program;
    private final Group group;
    private final boolean wholeRows;
    private final Instructions instructions = new Instructions();
    private final int[] atPlaces;
    private final int[] atRows;
    private final int[] rowNumbers;

    /** The write that may have a value's memory for its register; −1 for none. */
    private final int[] writtenDirectly;

    private final Map<Integer, Integer> lanes = new HashMap<>();
    private int lasting;

    /** @param rowNumbers numbers of the values of the row that stand elsewhere, by value; none for whole rows */
    Assembler(TileProgram program, boolean wholeRows, int[] rowNumbers) {
        this.program = program;
        this.group = program.group();
        this.wholeRows = wholeRows;
        this.rowNumbers = rowNumbers;
        atPlaces = unset(group.valueCount());
        atRows = unset(group.valueCount());
        writtenDirectly = unset(group.valueCount());
        for (int i = group.writes().size() - 1; i >= 0; i--) {
            Group.Write write = group.writes().get(i);
            int value = write.value();
            if (write.overRows() == null && !group.perRow(value) && isDirect(value) && !isSource(value)) {
                writtenDirectly[value] = i;
            }
        }
    }

    private static int[] unset(int length) {
        int[] array = new int[length];
        Arrays.fill(array, -1);
        return array;
    }

    /** Whether a value at places can stand in an operand's or a result's memory. */
    private boolean isDirect(int value) {
        return !Halves.is(group.dtype(value))
                // Reductions look beyond the last row's end.
                && !(wholeRows && program.isReduced(value) && group.columns() % Source.PADDING != 0);
    }

    private GroupOp op(int value) {
        return instruction(value).op();
    }

    private Group.Instruction instruction(int value) {
        return group.instructions().get(value - group.reads().size());
    }

    private boolean isRead(int value) {
        return value < group.reads().size();
    }

    /** All of the group, for tiles of whole rows. */
    TileCode all() {
        boolean[] needed = program.needed();
        for (int value = group.reads().size(); value < group.valueCount(); value++) {
            if (!needed[value] || isSource(value)) {
                continue;
            }
            compute(value);
            write(value);
        }
        for (int value = 0; value < group.valueCount(); value++) {
            if (isSource(value)) {
                write(value);
            }
        }
        return instructions.finish();
    }

    private boolean isSource(int value) {
        return isRead(value) || op(value).kind() == GroupOp.Kind.SOURCE;
    }

    /** What a phase computes of a long row's places: its reductions, into lanes, and what it writes. */
    TileCode walk(int phase, int[] reductions) {
        boolean[] needed = new boolean[group.valueCount()];
        for (int reduction : reductions) {
            need(needed, instruction(reduction).a());
        }
        for (Group.Write write : group.writes()) {
            if (!group.perRow(write.value()) && program.phase(write.value()) == phase) {
                need(needed, write.value());
            }
        }
        for (int value = group.reads().size(); value < group.valueCount(); value++) {
            if (!needed[value] || group.perRow(value) || isSource(value)) {
                continue;
            }
            compute(value);
            if (program.phase(value) == phase) {
                write(value);
            }
            accumulate(reductions, value);
        }
        for (int value = 0; value < group.valueCount(); value++) {
            if (group.perRow(value) || isSource(value)) {
                if (!group.perRow(value) && phase == 0) {
                    write(value);
                }
                accumulate(reductions, value);
            }
        }
        return instructions.finish();
    }

    private void accumulate(int[] reductions, int value) {
        for (int reduction : reductions) {
            Group.Instruction line = instruction(reduction);
            if (line.a() == value) {
                int register = instructions.register(Registers.LANES, true);
                lanes.put(reduction, register);
                instructions.add(
                        TileCode.OTHER,
                        TileCode.PLACES,
                        TileCode.ACCUMULATE,
                        register,
                        places(value),
                        Opcode.ofReduction(line.op()),
                        TileProgram.kind(line.dtype()));
            }
        }
    }

    /** The slot of a reduction's lanes, once the code is finished. */
    int lanesSlot(int reduction) {
        return instructions.slot(requireNonNull(lanes.get(reduction)));
    }

    /** Marks a value at places and those that it is computed from within a walk. */
    private void need(boolean[] needed, int value) {
        if (needed[value] || group.perRow(value)) {
            return;
        }
        needed[value] = true;
        if (!isRead(value)) {
            Group.Instruction line = instruction(value);
            for (int operand : new int[] {line.a(), line.b(), line.c()}) {
                if (operand >= 0) {
                    need(needed, operand);
                }
            }
        }
    }

    /** What a long row's values of one phase are, each standing once for the row. */
    TileCode rowValues(int phase) {
        boolean[] needed = program.needed();
        for (int value = 0; value < group.valueCount(); value++) {
            if (!needed[value] || !group.perRow(value) || program.phase(value) != phase) {
                continue;
            }
            if (isSource(value)) {
                source(value, rows(value), TileCode.ROWS, false);
            } else if (!op(value).isReduction()) {
                compute(value);
            }
            write(value);
        }
        return instructions.finish();
    }

    private void compute(int value) {
        Group.Instruction line = instruction(value);
        DType operandType = group.dtype(line.op() == GroupOp.WHERE ? line.b() : line.a());
        int kind = TileProgram.kind(operandType);
        if (line.op().isReduction()) {
            int from = places(line.a());
            int to = ownRegister(value);
            instructions.add(
                    TileCode.OTHER, TileCode.ROWS, TileCode.REDUCE, to, from, Opcode.ofReduction(line.op()), kind);
            return;
        }
        int unit = line.perRow() ? TileCode.ROWS : TileCode.PLACES;
        int a = operand(line.a(), line.perRow());
        int b = operand(line.b(), line.perRow());
        int c = operand(line.c(), line.perRow());
        int to = ownRegister(value);
        if (line.op() == GroupOp.CAST) {
            instructions.add(TileCode.CAST, unit, Tile.castOpcode(operandType, line.dtype()), to, a, -1, -1);
        } else {
            instructions.add(kind, unit, Opcode.of(line.op()), to, a, b, c);
        }
    }

    private int operand(int value, boolean ofRows) {
        return value < 0 ? -1 : ofRows ? rows(value) : places(value);
    }

    /** A new register for what an instruction computes. */
    private int ownRegister(int value) {
        if (group.perRow(value)) {
            return rows(value);
        }
        int register = instructions.register(placesClass(value), false);
        if (writtenDirectly[value] >= 0) {
            instructions.direct(register, false, writtenDirectly[value]);
        }
        atPlaces[value] = register;
        return register;
    }

    private int bytes(int value) {
        return Tile.registerBytes(group.dtype(value));
    }

    private int placesClass(int value) {
        return switch (bytes(value)) {
            case 1 -> Registers.PLACES_1;
            case 4 -> Registers.PLACES_4;
            default -> Registers.PLACES_8;
        };
    }

    private int rowsClass(int value) {
        return placesClass(value) + Registers.ROWS_1;
    }

    /** The register of a value with elements for rows. */
    private int rows(int value) {
        if (atRows[value] < 0) {
            if (!wholeRows) {
                atRows[value] = instructions.rowValue(rowNumbers[value]);
            } else if (isSource(value)) {
                boolean lasts = isSame(value) && mayLast();
                atRows[value] = instructions.register(rowsClass(value), lasts);
                source(value, atRows[value], TileCode.ROWS, lasts);
            } else {
                atRows[value] = instructions.register(rowsClass(value), false);
            }
        }
        return atRows[value];
    }

    /** The register of a value with elements for places. */
    private int places(int value) {
        if (atPlaces[value] >= 0) {
            return atPlaces[value];
        }
        boolean fromRows = group.perRow(value) && !isNumber(value);
        boolean lasts = (fromRows ? !wholeRows : isSame(value)) && mayLast();
        int register = instructions.register(placesClass(value), lasts);
        atPlaces[value] = register;
        if (fromRows) {
            line(lasts, TileCode.PLACES, TileCode.EXPAND, register, rows(value), bytes(value));
        } else {
            source(value, register, TileCode.PLACES, lasts);
        }
        return register;
    }

    private boolean mayLast() {
        return lasting++ < MOST_LASTING;
    }

    /** Whether it is one number for the whole group. */
    private boolean isNumber(int value) {
        return isRead(value) ? program.source(value).isSingle() : op(value) == GroupOp.CONSTANT;
    }

    /** Whether a source is the same in all tiles. */
    private boolean isSame(int value) {
        if (isNumber(value)) {
            return true;
        }
        if (!wholeRows || group.perRow(value)) {
            return false;
        }
        return isRead(value) ? program.source(value).repeatsEvery(group.columns()) : op(value) == GroupOp.INDEX;
    }

    private void source(int value, int register, int unit, boolean before) {
        if (!isRead(value)) {
            Group.Instruction line = instruction(value);
            if (line.op() == GroupOp.CONSTANT) {
                line(
                        before,
                        unit,
                        TileCode.CONSTANT,
                        register,
                        value - group.reads().size(),
                        bytes(value));
            } else {
                line(before, unit, TileCode.INDEX, register, -1, Tile.indexOpcode(line.dtype()));
            }
            return;
        }
        boolean direct =
                !before && unit == TileCode.PLACES && program.source(value).isContiguous() && isDirect(value);
        if (direct) {
            instructions.direct(register, true, value);
        }
        line(before, unit, TileCode.LOAD, register, value, direct ? 1 : 0);
    }

    private void line(boolean before, int unit, int op, int d, int a, int b) {
        if (before) {
            instructions.addBefore(TileCode.OTHER, unit, op, d, a, b, 0);
        } else {
            instructions.add(TileCode.OTHER, unit, op, d, a, b, 0);
        }
    }

    /** Stores a value, or adds it to totals, as often as the group asks for it. */
    private void write(int value) {
        for (int i : program.writesOf(value)) {
            Group.Write write = group.writes().get(i);
            boolean ofRows = group.perRow(value);
            int register = ofRows ? rows(value) : places(value);
            int unit = ofRows ? TileCode.ROWS : TileCode.PLACES;
            int op = write.overRows() == null ? TileCode.STORE : TileCode.OVER_ROWS;
            int direct = writtenDirectly[value] == i ? 1 : 0;
            instructions.add(TileCode.OTHER, unit, op, -1, register, i, direct);
        }
    }
}
