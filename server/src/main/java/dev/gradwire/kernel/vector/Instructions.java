package dev.gradwire.kernel.vector;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/** Collects instructions over as many registers as one likes and fits them into few. */
final class Instructions {
    private static final int UNLIMITED = Integer.MAX_VALUE;

    /** An instruction of {@link TileCode}; operands are names of registers as far as {@link #reads} says so. */
    private record Line(int kind, int unit, int op, int d, int a, int b, int c) {
        boolean computes() {
            return kind != TileCode.OTHER;
        }

        /** Whether d is a register. */
        boolean hasResult() {
            return computes() || op != TileCode.STORE && op != TileCode.OVER_ROWS;
        }

        int[] reads() {
            if (computes()) {
                return new int[] {a, b, c};
            }
            return switch (op) {
                case TileCode.LOAD, TileCode.CONSTANT, TileCode.INDEX -> new int[0];
                case TileCode.ACCUMULATE -> new int[] {d, a};
                default -> new int[] {a};
            };
        }
    }

    /** A register as it is asked for. */
    private static final class Name {
        final int registerClass;
        final boolean lasting;
        int lastUse = -1;
        int index = -1;
        int slot = -1;
        boolean direct;
        boolean read;
        int number;

        Name(int registerClass, boolean lasting) {
            this.registerClass = registerClass;
            this.lasting = lasting;
        }
    }

    private final List<Name> names = new ArrayList<>();
    private final List<Line> before = new ArrayList<>();
    private final List<Line> lines = new ArrayList<>();

    /** A new register; one that lasts keeps its content from tile to tile. */
    int register(int registerClass, boolean lasting) {
        names.add(new Name(registerClass, lasting));
        return names.size() - 1;
    }

    /** The register with the value of the row that has this number. */
    int rowValue(int number) {
        Name name = new Name(Registers.ROW_VALUES, true);
        name.index = number;
        names.add(name);
        return names.size() - 1;
    }

    /** Lets a register be the memory of an operand or a result where that can be. */
    void direct(int register, boolean read, int number) {
        Name name = names.get(register);
        name.direct = true;
        name.read = read;
        name.number = number;
    }

    void addBefore(int kind, int unit, int op, int d, int a, int b, int c) {
        before.add(new Line(kind, unit, op, d, a, b, c));
    }

    void add(int kind, int unit, int op, int d, int a, int b, int c) {
        lines.add(new Line(kind, unit, op, d, a, b, c));
    }

    TileCode finish() {
        int[] counts = allocate();
        int[] code = new int[Primitives.WIDTH * (before.size() + lines.size())];
        List<Integer> classes = new ArrayList<>();
        List<Integer> indices = new ArrayList<>();
        List<Integer> direct = new ArrayList<>();
        int[][] slots = new int[Registers.CLASSES][];
        for (int i = 0; i < slots.length; i++) {
            slots[i] = new int[i == Registers.ROW_VALUES ? rowValues() : counts[i]];
            Arrays.fill(slots[i], -1);
        }
        // Slot 0 is for lanes that are needed within an instruction only.
        classes.add(Registers.LANES);
        indices.add(0);
        for (Name name : names) {
            if (name.index < 0) {
                continue;
            }
            if (slots[name.registerClass][name.index] < 0) {
                slots[name.registerClass][name.index] = classes.size();
                classes.add(name.registerClass);
                indices.add(name.index);
            }
            name.slot = slots[name.registerClass][name.index];
            if (name.direct) {
                direct.addAll(List.of(classes.size(), name.slot, name.read ? 1 : 0, name.number));
                name.slot = classes.size();
                classes.add(name.registerClass);
                indices.add(name.index);
            }
        }
        int[] first = write(before, code, 0);
        int[] second = write(lines, code, before.size());
        return new TileCode(code, first, second, ints(classes), ints(indices), ints(direct), counts);
    }

    private int rowValues() {
        return names.stream()
                .filter(name -> name.registerClass == Registers.ROW_VALUES)
                .mapToInt(name -> name.index + 1)
                .max()
                .orElse(0);
    }

    private static int[] ints(List<Integer> list) {
        return list.stream().mapToInt(Integer::intValue).toArray();
    }

    /** Gives each register a place in its class, which is free again after its last use. */
    private int[] allocate() {
        int[] counts = new int[Registers.CLASSES];
        counts[Registers.LANES] = 1;
        for (int i = 0; i < lines.size(); i++) {
            Line line = lines.get(i);
            for (int name : line.reads()) {
                if (name >= 0) {
                    names.get(name).lastUse = i;
                }
            }
            if (line.hasResult()) {
                names.get(line.d).lastUse = Math.max(i, names.get(line.d).lastUse);
            }
        }
        for (Name name : names) {
            if (name.lasting) {
                name.lastUse = UNLIMITED;
                if (name.index < 0) {
                    name.index = counts[name.registerClass]++;
                }
            }
        }
        List<Deque<Integer>> free = new ArrayList<>();
        for (int i = 0; i < Registers.CLASSES; i++) {
            free.add(new ArrayDeque<>());
        }
        for (int i = 0; i < lines.size(); i++) {
            Line line = lines.get(i);
            for (int operand : line.reads()) {
                // Operands that end here may be overwritten: elements are read before their places are written.
                if (operand >= 0 && names.get(operand).lastUse == i && operand != line.d) {
                    names.get(operand).lastUse = UNLIMITED;
                    free.get(names.get(operand).registerClass).push(names.get(operand).index);
                }
            }
            if (line.hasResult() && names.get(line.d).index < 0) {
                Name result = names.get(line.d);
                Deque<Integer> places = free.get(result.registerClass);
                result.index = places.isEmpty() ? counts[result.registerClass]++ : places.pop();
                if (result.lastUse == i) {
                    places.push(result.index);
                }
            }
        }
        return counts;
    }

    /** Writes lines as instructions; answers segments of one kind. */
    private int[] write(List<Line> from, int[] code, int start) {
        List<Integer> segments = new ArrayList<>();
        for (int i = 0; i < from.size(); i++) {
            Line line = from.get(i);
            int p = Primitives.WIDTH * (start + i);
            code[p] = line.op;
            code[p + 1] = line.hasResult() ? slot(line.d) : 0;
            boolean computes = line.computes();
            code[p + 2] = line.reads().length > 0 ? slot(line.a) : line.a;
            // Loops may read an operand that they have no use for.
            code[p + 3] = computes ? slot(line.b < 0 ? line.a : line.b) : line.b;
            code[p + 4] = computes ? slot(line.c < 0 ? line.a : line.c) : line.c;
            int last = segments.size();
            if (last > 0 && segments.get(last - 4) == line.kind && segments.get(last - 3) == line.unit) {
                segments.set(last - 1, p + Primitives.WIDTH);
            } else {
                segments.addAll(List.of(line.kind, line.unit, p, p + Primitives.WIDTH));
            }
        }
        return ints(segments);
    }

    /** The slot of a register, once finished. */
    int slot(int name) {
        return name < 0 ? 0 : names.get(name).slot;
    }
}
