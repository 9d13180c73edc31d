package dev.gradwire.kernel.vector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.kernel.Group;
import dev.gradwire.kernel.GroupOp;
import dev.gradwire.kernel.Lane;
import dev.gradwire.tensor.DType;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** That each operation of the tile interpreter is the function of its name; how exact these are, others test. */
final class TileFunctionsTest {
    private static final Map<GroupOp, DoubleUnaryOperator> OF_ONE = Map.ofEntries(
            Map.entry(GroupOp.FLOOR, Math::floor),
            Map.entry(GroupOp.CEIL, Math::ceil),
            Map.entry(GroupOp.TRUNC, ScalarMath::trunc),
            Map.entry(GroupOp.ROUND, Math::rint),
            Map.entry(GroupOp.RSQRT, x -> 1 / Math.sqrt(x)),
            Map.entry(GroupOp.EXP, Math::exp),
            Map.entry(GroupOp.EXP2, x -> Math.pow(2, x)),
            Map.entry(GroupOp.EXPM1, Math::expm1),
            Map.entry(GroupOp.LOG, Math::log),
            Map.entry(GroupOp.LOG2, ScalarMath::log2),
            Map.entry(GroupOp.LOG10, Math::log10),
            Map.entry(GroupOp.LOG1P, Math::log1p),
            Map.entry(GroupOp.SIN, Math::sin),
            Map.entry(GroupOp.COS, Math::cos),
            Map.entry(GroupOp.TAN, Math::tan),
            Map.entry(GroupOp.ASIN, Math::asin),
            Map.entry(GroupOp.ACOS, Math::acos),
            Map.entry(GroupOp.ATAN, Math::atan),
            Map.entry(GroupOp.SINH, Math::sinh),
            Map.entry(GroupOp.COSH, Math::cosh),
            Map.entry(GroupOp.TANH, Math::tanh),
            Map.entry(GroupOp.ASINH, ScalarMath::asinh),
            Map.entry(GroupOp.ACOSH, ScalarMath::acosh),
            Map.entry(GroupOp.ATANH, ScalarMath::atanh),
            Map.entry(GroupOp.SIGMOID, ScalarMath::sigmoid),
            Map.entry(GroupOp.ERF, ScalarMath::erf),
            Map.entry(GroupOp.ERFC, ScalarMath::erfc),
            Map.entry(GroupOp.LGAMMA, ScalarMath::lgamma),
            Map.entry(GroupOp.DIGAMMA, ScalarMath::digamma));

    private static final Map<GroupOp, DoubleBinaryOperator> OF_TWO = Map.of(
            GroupOp.POW, ScalarMath::pow,
            GroupOp.ATAN2, Math::atan2,
            GroupOp.FMOD, (x, y) -> x % y,
            GroupOp.REMAINDER, ScalarMath::remainder);

    @ParameterizedTest
    @ValueSource(ints = {1, 13, 207, 4098})
    void isTheFunctionOfItsName(int n) {
        for (VectorGroups groups : List.of(VectorGroups.withVectors(), VectorGroups.withoutVectors())) {
            for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64)) {
                OF_ONE.forEach((op, function) -> check(groups, op, dtype, n, (x, y) -> function.applyAsDouble(x)));
                OF_TWO.forEach((op, function) -> check(groups, op, dtype, n, function));
            }
        }
    }

    private static void check(VectorGroups groups, GroupOp op, DType dtype, int n, DoubleBinaryOperator expected) {
        assertThat(groups.takes(op, dtype)).as("%s of %s", op, dtype.label()).isTrue();
        Group.Places places = new Group.Places(List.of((long) n), List.of(1L), 0);
        int second = op.arity() > 1 ? 1 : -1;
        Group group = new Group(
                1,
                n,
                List.of(new Group.Read(dtype, places, false), new Group.Read(dtype, places, false)),
                List.of(new Group.Instruction(op, dtype, false, 0, second, -1, 0)),
                List.of(new Group.Write(2, null)));
        try (Arena arena = Arena.ofConfined()) {
            HostTensor x = HostTensor.allocate(arena, dtype, n).fill(new Random(n));
            HostTensor y = HostTensor.allocate(arena, dtype, n).fill(new Random(n + 1));
            HostTensor z = HostTensor.allocate(arena, dtype, n);
            groups.compile(group).write(new DeviceTensor[] {x, y}, new DeviceTensor[] {z}, Lane.ALONE);
            double tolerance = dtype == DType.FLOAT32 ? 0x1p-20 : 0x1p-40;
            for (int i = 0; i < n; i++) {
                double exact = expected.applyAsDouble(x.real(i), y.real(i));
                double wanted = dtype == DType.FLOAT32 ? (float) exact : exact;
                double limit = tolerance * Math.max(1, Math.abs(wanted));
                boolean same = Double.compare(wanted, z.real(i)) == 0 || Math.abs(wanted - z.real(i)) <= limit;
                assertThat(same)
                        .as("%s(%s, %s) = %s, not %s", op, x.real(i), y.real(i), wanted, z.real(i))
                        .isTrue();
            }
        }
    }
}
