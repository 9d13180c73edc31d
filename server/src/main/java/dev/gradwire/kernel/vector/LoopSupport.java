package dev.gradwire.kernel.vector;

import dev.gradwire.kernel.Group.Instruction;
import dev.gradwire.kernel.GroupOp;
import dev.gradwire.tensor.DType;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which groups can become loops: those whose numbers all have 4 bytes (float32, int32) or all 8 (float64, int64), besides
 * bools and longs that are but compared with columns, and whose operations have a helper each. What helpers there are is what their classes declare.
 */
final class LoopSupport {
    private static final Map<String, Helper> HELPERS =
            helpers(List.of(FloatMath.class, DoubleMath.class, LoopMath.class));

    private LoopSupport() {}

    private static Map<String, Helper> helpers(List<Class<?>> owners) {
        Map<String, Helper> found = new HashMap<>();
        for (Class<?> owner : owners) {
            for (Method method : owner.getDeclaredMethods()) {
                if (!Modifier.isPrivate(method.getModifiers()) && Modifier.isStatic(method.getModifiers())) {
                    found.putIfAbsent(key(method.getName(), method.getParameterTypes()), Helper.of(method));
                }
            }
        }
        return Map.copyOf(found);
    }

    private static String key(String name, Class<?>... types) {
        return name + Arrays.toString(types);
    }

    static LoopKind kind(DType dtype) {
        LoopKind kind = LoopKind.of(dtype);
        if (kind == null) {
            throw new IllegalArgumentException("loops do not take " + dtype.label());
        }
        return kind;
    }

    /** What a value is in the loops of a form. */
    static LoopKind kind(LoopForm form, int value) {
        LoopKind kind = kind(form.dtype(value));
        return kind == LoopKind.LONG && laneBytes(form) == 4 ? LoopKind.INT : kind;
    }

    /** Bytes of the lanes of a loop, 4 or 8: 4 where there are such numbers, for then longs have to be narrow. */
    static int laneBytes(LoopForm form) {
        int bytes = 0;
        for (int value = 0; value < form.valueCount(); value++) {
            int own = kind(form.dtype(value)).laneBytes();
            bytes = own == 0 ? bytes : bytes == 0 ? own : Math.min(bytes, own);
        }
        return bytes == 0 ? 4 : bytes;
    }

    /** Why there can be no loop for this group; null where there can. */
    static @Nullable String refusal(LoopForm form) {
        for (int value = 0; value < form.valueCount(); value++) {
            if (LoopKind.of(form.dtype(value)) == null) {
                return "has " + form.dtype(value).label();
            }
        }
        int laneBytes = laneBytes(form);
        for (int value = 0; value < form.valueCount(); value++) {
            LoopKind kind = kind(form.dtype(value));
            if (kind == LoopKind.MASK ? !LoopOps.readsBools(laneBytes) : kind.laneBytes() != laneBytes) {
                if (kind != LoopKind.LONG || !isNarrow(form, value)) {
                    return "mixes sizes of lanes, or has bools which vectors of this machine are too short for";
                }
            }
            String why = form.isRead(value) ? null : refusal(form, value, laneBytes);
            if (why != null) {
                return why;
            }
        }
        return null;
    }

    /**
     * Whether 32 bits will do for a long: of a column, a small constant, or a number of a row that is but compared with
     * these, and so may be the nearest there is in 32 bits.
     */
    private static boolean isNarrow(LoopForm form, int value) {
        boolean small = isSmall(form, value);
        if (!small && !(form.isRead(value) && form.perRow(value))) {
            return false;
        }
        for (int user = form.reads().size(); user < form.valueCount(); user++) {
            int[] operands = form.operands(user);
            if (Arrays.stream(operands).noneMatch(operand -> operand == value)) {
                continue;
            }
            boolean fits = switch (form.instruction(user).op()) {
                case EQ, NE, LT, LE, GT, GE -> isSmall(form, operands[0]) || isSmall(form, operands[1]);
                case CAST -> small && form.dtype(user) != DType.INT64;
                default -> false;
            };
            if (!fits) {
                return false;
            }
        }
        return form.writes().stream().noneMatch(write -> write.value() == value);
    }

    private static boolean isSmall(LoopForm form, int value) {
        if (form.isRead(value)) {
            return false;
        }
        Instruction instruction = form.instruction(value);
        return switch (instruction.op()) {
            case INDEX -> true;
            case CONSTANT -> instruction.number() > Integer.MIN_VALUE && instruction.number() < Integer.MAX_VALUE;
            default -> false;
        };
    }

    private static @Nullable String refusal(LoopForm form, int value, int laneBytes) {
        Instruction instruction = form.instruction(value);
        GroupOp op = instruction.op();
        LoopKind kind = kind(form, value);
        LoopKind[] kinds = Arrays.stream(form.operands(value))
                .mapToObj(operand -> kind(form, operand))
                .toArray(LoopKind[]::new);
        boolean known = switch (op) {
            case CONSTANT -> true;
            case INDEX -> kind == LoopKind.INT || kind == LoopKind.LONG;
            case CAST -> kinds[0] == kind || find(name(op, kind, laneBytes), kinds) != null;
            default ->
                op.isReduction()
                        ? kinds[0] == kind && find(name(op, kind, laneBytes), kind, kind) != null
                        : find(name(op, kind, laneBytes), kinds) != null;
        };
        return known ? null : "has " + op + " of " + instruction.dtype().label();
    }

    private static String name(GroupOp op, LoopKind result, int laneBytes) {
        return switch (op) {
            case CAST -> "cast" + result.label() + (result == LoopKind.MASK ? laneBytes : "");
            case ROUND -> "rint";
            default -> op.name().toLowerCase(Locale.ROOT);
        };
    }

    private static @Nullable Helper find(String name, LoopKind... kinds) {
        return HELPERS.get(key(name, Arrays.stream(kinds).map(LoopKind::type).toArray(Class<?>[]::new)));
    }

    /** What computes an operation. */
    static Helper helper(GroupOp op, LoopKind result, int laneBytes, LoopKind... operands) {
        return required(name(op, result, laneBytes), operands);
    }

    /** What combines a vector into lanes. */
    static Helper combine(GroupOp op, LoopKind kind) {
        return required(op.name().toLowerCase(Locale.ROOT), kind, kind);
    }

    /** What combines some lanes of a vector into lanes. */
    static Helper combineSome(GroupOp op, LoopKind kind) {
        return required(op.name().toLowerCase(Locale.ROOT), kind, kind, LoopKind.MASK);
    }

    /** What folds lanes to one number. */
    static Helper fold(GroupOp op, LoopKind kind) {
        String name = op.name();
        return required("fold" + name.charAt(0) + name.substring(1).toLowerCase(Locale.ROOT), kind);
    }

    private static Helper required(String name, LoopKind... kinds) {
        Helper helper = find(name, kinds);
        if (helper == null) {
            throw new IllegalArgumentException("no helper " + name + " of " + Arrays.toString(kinds));
        }
        return helper;
    }

    /** The bits, as in {@link Instruction#number}, of what changes nothing. */
    static long identity(GroupOp op, DType dtype) {
        return switch (op) {
            case SUM -> dtype.isFloating() ? Double.doubleToRawLongBits(0) : 0;
            case PROD -> dtype.isFloating() ? Double.doubleToRawLongBits(1) : 1;
            case MAX ->
                dtype.isFloating()
                        ? Double.doubleToRawLongBits(Double.NEGATIVE_INFINITY)
                        : dtype == DType.INT32 ? Integer.MIN_VALUE : Long.MIN_VALUE;
            case MIN ->
                dtype.isFloating()
                        ? Double.doubleToRawLongBits(Double.POSITIVE_INFINITY)
                        : dtype == DType.INT32 ? Integer.MAX_VALUE : Long.MAX_VALUE;
            case ANY -> 0;
            case ALL -> 1;
            default -> throw new IllegalArgumentException(op + " is no reduction");
        };
    }
}
