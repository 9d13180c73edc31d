package dev.gradwire.pass;

import static dev.gradwire.kernel.GroupOp.*;

import dev.gradwire.kernel.GroupOp;
import dev.gradwire.kernel.Groups;
import dev.gradwire.kernel.KernelCall;
import dev.gradwire.kernel.KernelCall.Argument;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.TensorType;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Elementwise kernels as instructions of a group, by the kernels' names. Half precision is computed in float32, and what
 * comes out is rounded.
 */
final class Lowering {
    /** Writes a kernel's instructions; operands are those of the call, in float32 where they are of half precision. */
    @FunctionalInterface
    interface Writer {
        int write(GroupBuilder group, int[] operands, KernelCall call);
    }

    private record Rule(Set<GroupOp> uses, Writer writer) {}

    private static final double SQRT_HALF = Math.sqrt(0.5);
    private static final double SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);
    /** Of the approximation of the normal distribution function by tanh: Hendrycks and Gimpel, 2016. */
    private static final double TANH_CUBIC = 0.044715;

    private static final Map<String, Rule> RULES = new HashMap<>();

    static {
        Map.ofEntries(
                        Map.entry("abs", ABS),
                        Map.entry("neg", NEG),
                        Map.entry("sign", SIGN),
                        Map.entry("floor", FLOOR),
                        Map.entry("ceil", CEIL),
                        Map.entry("trunc", TRUNC),
                        Map.entry("round", ROUND),
                        Map.entry("sqrt", SQRT),
                        Map.entry("rsqrt", RSQRT),
                        Map.entry("reciprocal", RECIPROCAL),
                        Map.entry("exp", EXP),
                        Map.entry("exp2", EXP2),
                        Map.entry("expm1", EXPM1),
                        Map.entry("log", LOG),
                        Map.entry("log2", LOG2),
                        Map.entry("log10", LOG10),
                        Map.entry("log1p", LOG1P),
                        Map.entry("sin", SIN),
                        Map.entry("cos", COS),
                        Map.entry("tan", TAN),
                        Map.entry("asin", ASIN),
                        Map.entry("acos", ACOS),
                        Map.entry("atan", ATAN),
                        Map.entry("sinh", SINH),
                        Map.entry("cosh", COSH),
                        Map.entry("tanh", TANH),
                        Map.entry("asinh", ASINH),
                        Map.entry("acosh", ACOSH),
                        Map.entry("atanh", ATANH),
                        Map.entry("sigmoid", SIGMOID),
                        Map.entry("erf", ERF),
                        Map.entry("erfc", ERFC),
                        Map.entry("lgamma", LGAMMA),
                        Map.entry("digamma", DIGAMMA),
                        Map.entry("mul.Tensor", MUL),
                        Map.entry("div.Tensor", DIV),
                        Map.entry("pow.Tensor_Tensor", POW),
                        Map.entry("maximum", MAXIMUM),
                        Map.entry("minimum", MINIMUM),
                        Map.entry("fmod.Tensor", FMOD),
                        Map.entry("remainder.Tensor", REMAINDER),
                        Map.entry("atan2", ATAN2))
                .forEach(Lowering::same);
        Map.of("eq.Tensor", EQ, "ne.Tensor", NE, "lt.Tensor", LT, "le.Tensor", LE, "gt.Tensor", GT, "ge.Tensor", GE)
                .forEach(Lowering::test);
        Map.of("logical_and", AND, "bitwise_and.Tensor", AND, "logical_or", OR, "bitwise_or.Tensor", OR)
                .forEach(Lowering::test);
        Map.of("logical_xor", XOR, "bitwise_xor.Tensor", XOR, "logical_not", NOT, "bitwise_not", NOT, "isnan", ISNAN)
                .forEach(Lowering::test);
        rule("add.Tensor", Set.of(ADD), (g, x, call) -> isOne(call, 2) ? g.add(ADD, x[0], x[1]) : GroupBuilder.NONE);
        rule("sub.Tensor", Set.of(SUB), (g, x, call) -> isOne(call, 2) ? g.add(SUB, x[0], x[1]) : GroupBuilder.NONE);
        rule("where.self", Set.of(WHERE), (g, x, _) -> g.add(WHERE, x[0], x[1], x[2]));
        for (String copy : List.of("_to_copy", "clone", "contiguous", "view", "reshape")) {
            rule(
                    copy,
                    Set.of(CAST),
                    (g, x, call) -> g.cast(x[0], call.results().getFirst().dtype()));
        }
        rule("relu", Set.of(MAXIMUM), (g, x, _) -> g.add(MAXIMUM, x[0], g.number(x[0], 0)));
        rule("clamp.Tensor", Set.of(MAXIMUM, MINIMUM), Lowering::clamp);
        rule("frac", Set.of(TRUNC, SUB), (g, x, _) -> g.add(SUB, x[0], g.add(TRUNC, x[0])));
        rule("silu", Set.of(MUL, SIGMOID), (g, x, _) -> g.add(MUL, x[0], g.add(SIGMOID, x[0])));
        rule("gelu", Set.of(MUL, ADD, ERF, TANH), Lowering::gelu);
    }

    private Lowering() {}

    private static void rule(String kernel, Set<GroupOp> uses, Writer writer) {
        RULES.put(kernel, new Rule(EnumSet.copyOf(uses), writer));
    }

    /** The kernel and the instruction are one and the same. */
    private static void same(String kernel, GroupOp op) {
        rule(kernel, Set.of(op), (g, x, _) -> op.arity() == 1 ? g.add(op, x[0]) : g.add(op, x[0], x[1]));
    }

    /** The same with a bool for a result. */
    private static void test(String kernel, GroupOp op) {
        rule(
                kernel,
                Set.of(op),
                (g, x, _) -> op.arity() == 1 ? g.test(op, x[0], GroupBuilder.NONE) : g.test(op, x[0], x[1]));
    }

    /** About what a kernel costs for an element, as a multiple of an addition. */
    static int cost(KernelCall call) {
        int cost = 0;
        for (GroupOp op : Objects.requireNonNull(RULES.get(call.name())).uses) {
            cost += switch (op) {
                case ABS,
                        NEG,
                        ADD,
                        SUB,
                        MUL,
                        MAXIMUM,
                        MINIMUM,
                        CAST,
                        WHERE,
                        EQ,
                        NE,
                        LT,
                        LE,
                        GT,
                        GE,
                        AND,
                        OR,
                        XOR,
                        NOT -> 1;
                case DIV, SQRT, RSQRT, RECIPROCAL -> 2;
                default -> 4;
            };
        }
        return cost;
    }

    /** Who writes a call's instructions; null where it cannot be part of a group. */
    static @Nullable Writer find(KernelCall call, Groups groups) {
        Rule rule = RULES.get(call.name());
        if (rule == null || call.results().size() != 1) {
            return null;
        }
        DType result = call.results().getFirst().dtype();
        for (TensorType operand : call.operands()) {
            if (!takes(groups, rule, operand.dtype(), result)) {
                return null;
            }
        }
        boolean settled = !call.name().equals("add.Tensor") && !call.name().equals("sub.Tensor") || isOne(call, 2);
        return settled ? rule.writer : null;
    }

    private static boolean takes(Groups groups, Rule rule, DType operand, DType result) {
        for (GroupOp op : rule.uses) {
            boolean known = switch (op) {
                case CAST -> groups.takes(CAST, operand) && groups.takes(CAST, result);
                case WHERE -> operand == DType.BOOL || groups.takes(WHERE, wide(operand));
                case AND, OR, XOR, NOT -> operand == DType.BOOL && groups.takes(op, DType.BOOL);
                case EQ, NE, LT, LE, GT, GE -> groups.takes(op, DType.BOOL) && groups.takes(WHERE, wide(operand));
                case ISNAN -> operand.isFloating() && groups.takes(op, DType.BOOL);
                default -> groups.takes(op, wide(operand)) && groups.takes(op, wide(result));
            };
            if (!known) {
                return false;
            }
        }
        return true;
    }

    /** The dtype in which values of a dtype are computed. */
    static DType wide(DType dtype) {
        return dtype == DType.FLOAT16 || dtype == DType.BFLOAT16 ? DType.FLOAT32 : dtype;
    }

    private static boolean isOne(KernelCall call, int argument) {
        if (call.arguments().size() <= argument) {
            return true;
        }
        return switch (call.arguments().get(argument)) {
            case Argument.Int(long value) -> value == 1;
            case Argument.Float(double value) -> value == 1;
            case Argument.Scalar(Number value) -> value.doubleValue() == 1;
            default -> false;
        };
    }

    /** min(max(x, lower bound), upper bound), of which one may be missing. */
    private static int clamp(GroupBuilder g, int[] x, KernelCall call) {
        int value = x[0];
        if (operand(call, 1) >= 0) {
            value = g.add(MAXIMUM, value, x[operand(call, 1)]);
        }
        return operand(call, 2) >= 0 ? g.add(MINIMUM, value, x[operand(call, 2)]) : value;
    }

    private static int operand(KernelCall call, int argument) {
        return switch (call.arguments().get(argument)) {
            case Argument.Operand(int index) -> index;
            case Argument.Optional(Argument.Operand(int index)) -> index;
            default -> -1;
        };
    }

    /** x Φ(x), or its approximation x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))). */
    private static int gelu(GroupBuilder g, int[] x, KernelCall call) {
        int half = g.add(MUL, x[0], g.number(x[0], 0.5));
        int one = g.number(x[0], 1);
        if (!call.arguments().get(1).equals(new Argument.Text("tanh"))) {
            int erf = g.add(ERF, g.add(MUL, x[0], g.number(x[0], SQRT_HALF)));
            return g.add(MUL, half, g.add(ADD, erf, one));
        }
        int cube = g.add(MUL, g.add(MUL, x[0], x[0]), x[0]);
        int inner = g.add(ADD, x[0], g.add(MUL, cube, g.number(x[0], TANH_CUBIC)));
        int tanh = g.add(TANH, g.add(MUL, inner, g.number(x[0], SQRT_2_OVER_PI)));
        return g.add(MUL, half, g.add(ADD, tanh, one));
    }
}
