package dev.gradwire.kernel.vector;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Collects instructions over as many registers as one likes and fits them into few. */
final class Instructions {
    private static final int UNLIMITED = Integer.MAX_VALUE;

    /** Lines of {@link TileCode}, seven ints each; operands are names of registers as far as the kind of line reads them. */
    private static final class Lines {
        private static final int WIDTH = 7;

        private int[] ints = new int[32 * WIDTH];
        private int count;

        void add(int kind, int unit, int op, int d, int a, int b, int c) {
            int p = count++ * WIDTH;
            if (p == ints.length) {
                ints = Arrays.copyOf(ints, 2 * p);
            }
            ints[p] = kind;
            ints[p + 1] = unit;
            ints[p + 2] = op;
            ints[p + 3] = d;
            ints[p + 4] = a;
            ints[p + 5] = b;
            ints[p + 6] = c;
        }

        int kind(int line) {
            return ints[line * WIDTH];
        }

        int unit(int line) {
            return ints[line * WIDTH + 1];
        }

        int op(int line) {
            return ints[line * WIDTH + 2];
        }

        int d(int line) {
            return ints[line * WIDTH + 3];
        }

        int operand(int line, int number) {
            return ints[line * WIDTH + 4 + number];
        }

        boolean computes(int line) {
            return kind(line) != TileCode.OTHER;
        }

        /** Whether d is a register. */
        boolean hasResult(int line) {
            return computes(line) || op(line) != TileCode.STORE && op(line) != TileCode.OVER_ROWS;
        }

        /** How many of the operands are registers. */
        int reads(int line) {
            if (computes(line)) {
                return 3;
            }
            return switch (op(line)) {
                case TileCode.LOAD, TileCode.CONSTANT, TileCode.INDEX -> 0;
                default -> 1;
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

        @Nullable
        Name nextFree;

        Name(int registerClass, boolean lasting) {
            this.registerClass = registerClass;
            this.lasting = lasting;
        }

        /** Gives back its place in its class. */
        void free(@Nullable Name[] free) {
            nextFree = free[registerClass];
            free[registerClass] = this;
        }
    }

    private final List<Name> names = new ArrayList<>();
    private final Lines before = new Lines();
    private final Lines lines = new Lines();

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
        before.add(kind, unit, op, d, a, b, c);
    }

    void add(int kind, int unit, int op, int d, int a, int b, int c) {
        lines.add(kind, unit, op, d, a, b, c);
    }

    TileCode finish() {
        int[] counts = allocate();
        int[] code = new int[Primitives.WIDTH * (before.count + lines.count)];
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
        int[] second = write(lines, code, before.count);
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
        for (int i = 0; i < lines.count; i++) {
            for (int k = 0; k < lines.reads(i); k++) {
                use(lines.operand(i, k), i);
            }
            if (lines.hasResult(i)) {
                use(lines.d(i), i);
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
        // Free registers are a list in each class: the first one, and after each name the next.
        @Nullable Name[] free = new @Nullable Name[Registers.CLASSES];
        for (int i = 0; i < lines.count; i++) {
            int d = lines.hasResult(i) ? lines.d(i) : -1;
            for (int k = 0; k < lines.reads(i); k++) {
                int operand = lines.operand(i, k);
                // Operands that end here may be overwritten: elements are read before their places are written.
                if (operand >= 0 && names.get(operand).lastUse == i && operand != d) {
                    names.get(operand).lastUse = UNLIMITED;
                    names.get(operand).free(free);
                }
            }
            if (d >= 0 && names.get(d).index < 0) {
                Name result = names.get(d);
                Name place = free[result.registerClass];
                if (place == null) {
                    result.index = counts[result.registerClass]++;
                } else {
                    free[result.registerClass] = place.nextFree;
                    result.index = place.index;
                }
                if (result.lastUse == i) {
                    result.free(free);
                }
            }
        }
        return counts;
    }

    private void use(int name, int line) {
        if (name >= 0) {
            names.get(name).lastUse = line;
        }
    }

    /** Writes lines as instructions; answers segments of one kind. */
    private int[] write(Lines from, int[] code, int start) {
        int[] segments = new int[4 * from.count];
        int end = 0;
        for (int i = 0; i < from.count; i++) {
            int p = Primitives.WIDTH * (start + i);
            int a = from.operand(i, 0);
            int b = from.operand(i, 1);
            int c = from.operand(i, 2);
            boolean computes = from.computes(i);
            code[p] = from.op(i);
            code[p + 1] = from.hasResult(i) ? slot(from.d(i)) : 0;
            code[p + 2] = from.reads(i) > 0 ? slot(a) : a;
            // Loops may read an operand that they have no use for.
            code[p + 3] = computes ? slot(b < 0 ? a : b) : b;
            code[p + 4] = computes ? slot(c < 0 ? a : c) : c;
            if (end == 0 || segments[end - 4] != from.kind(i) || segments[end - 3] != from.unit(i)) {
                segments[end] = from.kind(i);
                segments[end + 1] = from.unit(i);
                segments[end + 2] = p;
                end += 4;
            }
            segments[end - 1] = p + Primitives.WIDTH;
        }
        return Arrays.copyOf(segments, end);
    }

    /** The slot of a register, once finished. */
    int slot(int name) {
        return name < 0 ? 0 : names.get(name).slot;
    }
}
