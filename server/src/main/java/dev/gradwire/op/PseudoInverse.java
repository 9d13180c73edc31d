package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Reason;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Pseudoinverses and ranks: singular values not above max(atol, rtol · the largest) count as 0. By default atol is 0, and
 * rtol the greater of the sizes times the dtype's epsilon, or 0 where an atol above 0 is given.
 */
final class PseudoInverse {
    private static final String TOLERANCES = "Tensor? atol=None, Tensor? rtol=None, bool hermitian=False) -> Tensor";

    private PseudoInverse() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("linalg_pinv.atol_rtol_tensor(Tensor self, *, " + TOLERANCES)
                        .doc("the pseudoinverses of matrices; singular values below a tolerance count as 0")
                        .gradFn("LinalgPinvBackward0")
                        .types(one(PseudoInverse::inverse))
                        .vjp("self", PseudoInverse::vjp)
                        .kernel("linalg_pinv.atol_rtol_tensor")
                        .batch(PseudoInverse::batched)
                        .complex()
                        .samples(
                                "float64[3, 2]",
                                "float64[2, 2, 3]",
                                "float64[2, 2], rtol=float64[]{0.01..0.02}",
                                "float64[3, 3]{spd}, hermitian=True",
                                "complex128[2, 3]",
                                "float64[0, 3]"),
                // A number's place may be taken by a tensor of one element, as in PyTorch.
                operator("linalg_pinv.atol_rtol_float(Tensor self, *, " + TOLERANCES)
                        .doc("the pseudoinverses of matrices, with tolerances as numbers")
                        .composite(n -> List.of(pinv(n.arg("self"), n.raw("atol"), n.raw("rtol"), n.bool("hermitian"))))
                        .complex()
                        .samples("float64[3, 2], atol=0.01, rtol=0.02", "complex128[3, 2], atol=0.01, rtol=0.02"),
                operator("linalg_pinv.rcond_tensor(Tensor self, Tensor rcond, bool hermitian=False) -> Tensor")
                        .overload("linalg_pinv(Tensor self, float rcond, bool hermitian=False) -> Tensor")
                        .doc("the pseudoinverses of matrices, with a relative tolerance")
                        .composite(n -> List.of(
                                pinv(n.arg("self"), new Argument.Float(0), n.raw("rcond"), n.bool("hermitian"))))
                        .complex()
                        .samples("float64[2, 3], 0.01", "complex128[2, 3], 0.01"),
                operator("pinverse(Tensor self, float rcond=1e-15) -> Tensor")
                        .doc("the pseudoinverses of matrices")
                        .composite(n -> List.of(pinv(n.arg("self"), new Argument.Float(0), n.raw("rcond"), false)))
                        .complex()
                        .samples("float64[2, 3]", "complex128[2, 3]"),
                rank("linalg_matrix_rank.atol_rtol_tensor(Tensor input, *, " + TOLERANCES, "input")
                        .samples("float64[2, 3], atol=float64[]"),
                rank("linalg_matrix_rank.atol_rtol_float(Tensor self, *, " + TOLERANCES, "self")
                        .samples("float64[2, 2, 3], rtol=0.5", "float64[3, 3]{spd}, hermitian=True", "float64[0, 2]"),
                rank("linalg_matrix_rank.tol_tensor(Tensor input, Tensor tol, bool hermitian=False) -> Tensor", "input")
                        .samples("float64[2, 3], float64[]"),
                rank("linalg_matrix_rank(Tensor self, float tol, bool hermitian=False) -> Tensor", "self")
                        .samples("float64[2, 3], 0.5"));
    }

    private static Declaration rank(String schema, String matrices) {
        return operator(schema)
                .doc("how many singular values of matrices are above a tolerance")
                .types(one(call -> {
                    requireMatrices(call, matrices);
                    Shape batch = Matrices.batch(call.shape(matrices));
                    for (String tolerance : List.of("atol", "rtol", "tol")) {
                        if (call.op().canonical().indexOf(tolerance) >= 0) {
                            requireTolerance(call, batch, tolerance);
                        }
                    }
                    return new TensorType(DType.INT64, batch);
                }))
                .decompose(n -> rank(n, n.arg(matrices)))
                .complex();
    }

    private static Expr pinv(Expr self, Argument atol, Argument rtol, boolean hermitian) {
        Map<String, Object> named = new HashMap<>();
        named.put("hermitian", hermitian);
        put(named, "atol", self, atol);
        put(named, "rtol", self, rtol);
        return self.callNamed("linalg_pinv.atol_rtol_tensor", named);
    }

    private static void put(Map<String, Object> named, String name, Expr self, Argument tolerance) {
        if (!(tolerance instanceof Argument.None)) {
            Expr expr = self.with(tolerance);
            named.put(name, tolerance.isNumber() ? expr.as(DType.FLOAT64) : expr);
        }
    }

    private static TensorType inverse(Call call) {
        TensorType type = call.type("self");
        requireMatrices(call, "self");
        Shape batch = Matrices.batch(type.shape());
        requireTolerance(call, batch, "atol");
        requireTolerance(call, batch, "rtol");
        return type.withShape(Matrices.with(batch, Matrices.columns(type.shape()), Matrices.rows(type.shape())));
    }

    private static List<Expr> batched(Batching n) {
        Map<String, Object> changed = new HashMap<>();
        changed.put("self", n.each("self"));
        for (String tolerance : List.of("atol", "rtol")) {
            if (n.has(tolerance)) {
                changed.put(tolerance, n.aligned(tolerance, n.rank("self") - 2));
            }
        }
        return n.again(changed);
    }

    private static void requireMatrices(Call call, String parameter) {
        if (call.bool("hermitian")) {
            Matrices.requireSquare(call, parameter);
        } else {
            Matrices.require(call, parameter);
        }
    }

    private static void requireTolerance(Call call, Shape batch, String parameter) {
        if (call.has(parameter)) {
            TensorType type = call.type(parameter);
            if (type.dtype().isComplex()) {
                throw GraphException.argument(Reason.DTYPE_UNSUPPORTED, parameter, "must be real");
            }
            if (!Shape.broadcast(batch, type.shape()).equals(Optional.of(batch))) {
                throw Require.shape(
                        parameter,
                        "has shape " + type.shape() + ", which does not broadcast to that of the batch, " + batch);
            }
        }
    }

    /**
     * The transpose of {@code dP = −P dA P + P Pᴴ dAᴴ (1 − A P) + (1 − P A) dAᴴ Pᴴ P} for the pseudoinverse P (Golub and
     * Pereyra, "The differentiation of pseudo-inverses and nonlinear least squares problems whose variables separate",
     * 1973), with products ordered so that what is in between is small.
     */
    private static Expr vjp(Backward n) {
        Expr a = n.arg("self");
        Expr inverse = n.result();
        Expr inverseH = inverse.mH();
        Expr gradH = n.grad().mH();
        if (a.size(-2) <= a.size(-1)) {
            Expr k = gradH.matmul(inverse);
            Expr kInverseH = k.matmul(inverseH);
            return inverse.matmul(k)
                    .mH()
                    .neg()
                    .add(kInverseH)
                    .sub(a.matmul(inverse).matmul(kInverseH))
                    .add(inverseH.matmul(inverse).matmul(gradH.sub(k.matmul(a))));
        }
        Expr k = inverse.matmul(gradH);
        Expr inverseHk = inverseH.matmul(k);
        return k.matmul(inverse)
                .mH()
                .neg()
                .add(gradH.sub(a.matmul(k)).matmul(inverse).matmul(inverseH))
                .add(inverseHk)
                .sub(inverseHk.matmul(inverse).matmul(a));
    }

    private static Expr rank(Args n, Expr matrices) {
        Expr sizes = n.bool("hermitian")
                ? matrices.calls("_linalg_eigh", "L", false).getFirst().abs()
                : SingularValues.values(matrices, Argument.NONE);
        if (sizes.size(-1) == 0) {
            return n.full(new TensorType(DType.INT64, Matrices.batch(matrices.shape())), 0);
        }
        boolean absolute = n.call().op().canonical().indexOf("tol") >= 0;
        Argument atol = n.raw(absolute ? "tol" : "atol");
        Argument rtol = absolute ? new Argument.Float(0) : n.raw("rtol");
        Expr largest = sizes.call("amax", new long[] {-1}, false);
        Expr tolerance = tolerance(matrices, atol, rtol, largest);
        return sizes.gt(tolerance.unsqueeze(-1)).sum(-1);
    }

    /** The greater of {@code atol} and {@code rtol} times the largest. */
    private static Expr tolerance(Expr matrices, Argument atol, Argument rtol, Expr largest) {
        DType dtype = matrices.dtype().toReal();
        @Nullable
        Expr absolute =
                atol instanceof Argument.None ? null : matrices.with(atol).as(dtype);
        double epsilon = dtype == DType.FLOAT64 ? Math.ulp(1.0) : Math.ulp(1.0f);
        Expr relative;
        if (!(rtol instanceof Argument.None)) {
            relative = matrices.with(rtol).as(dtype);
        } else {
            double byDefault = epsilon * Math.max(matrices.size(-1), matrices.size(-2));
            relative = matrices.full(new TensorType(dtype, Shape.SCALAR), byDefault);
            if (absolute != null) {
                relative = absolute.gt(0).where(0.0, relative);
            }
        }
        Expr scaled = relative.mul(largest);
        return absolute == null ? scaled : scaled.call("maximum", absolute);
    }
}
