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
 * bools, and whose operations have a helper each. What helpers there are is what their classes declare.
 */
final class LoopSupport {
    private static final Map<String, Helper> HELPERS = helpers(List.of(FloatMath.class, LoopMath.class));

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

    /** Bytes of the lanes of a loop, 4 or 8. */
    static int laneBytes(LoopForm form) {
        int bytes = 0;
        for (int value = 0; value < form.valueCount(); value++) {
            bytes = Math.max(bytes, kind(form.dtype(value)).laneBytes());
        }
        return bytes == 0 ? 4 : bytes;
    }

    /** Why there can be no loop for this group; null where there can. */
    static @Nullable String refusal(LoopForm form) {
        int bytes = 0;
        for (int value = 0; value < form.valueCount(); value++) {
            LoopKind kind = LoopKind.of(form.dtype(value));
            if (kind == null) {
                return "has " + form.dtype(value).label();
            }
            if (bytes != 0 && kind.laneBytes() != 0 && kind.laneBytes() != bytes) {
                return "mixes sizes of lanes";
            }
            bytes = Math.max(bytes, kind.laneBytes());
        }
        int laneBytes = bytes == 0 ? 4 : bytes;
        for (int value = 0; value < form.valueCount(); value++) {
            if (form.dtype(value) == DType.BOOL && !LoopOps.readsBools(laneBytes)) {
                return "has bools, which vectors of this machine are too short for";
            }
            String why = form.isRead(value) ? null : refusal(form, value, laneBytes);
            if (why != null) {
                return why;
            }
        }
        return null;
    }

    private static @Nullable String refusal(LoopForm form, int value, int laneBytes) {
        Instruction instruction = form.instruction(value);
        GroupOp op = instruction.op();
        LoopKind kind = kind(instruction.dtype());
        LoopKind[] kinds = Arrays.stream(form.operands(value))
                .mapToObj(operand -> kind(form.dtype(operand)))
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
