package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import dev.gradwire.graph.Argument;
import dev.gradwire.graph.Call;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Least squares by LAPACK's drivers. */
final class LeastSquares {
    private static final Set<String> DRIVERS = Set.of("gels", "gelsy", "gelsd", "gelss");

    private LeastSquares() {}

    static List<Declaration> declarations() {
        return List.of(operator("linalg_lstsq(Tensor self, Tensor b, float? rcond=None, *, str? driver=None)"
                        + " -> (Tensor solution, Tensor residuals, Tensor rank, Tensor singular_values)")
                .doc("X of least |self·X − b|, and among those of least |X|; squared residuals where self has more"
                        + " rows than columns and the driver is not gelsy, NaN where its rank falls short;"
                        + " self without full rank is an error of the run with gels")
                .gradFn("LinalgLstsqBackward0")
                .types(LeastSquares::types)
                .notDifferentiable(3)
                .vjp(List.of("self", "b"), LeastSquares::cotangents)
                .kernel(
                        "linalg_lstsq",
                        call -> List.of(
                                call.arg("self"), call.arg("b"), call.arg("rcond"), new Argument.Text(driver(call))))
                .batch(Matrices.batches())
                .flops(call -> Products.times(2, Matrices.flops(call.shape("self"))))
                .complex()
                .samples(
                        "float64[4, 2]{dominant}, float64[4, 3], driver=\"gels\"",
                        "float64[2, 2, 3]{dominant}, float64[2, 2]",
                        "float64[3, 3]{dominant}, float64[3, 1], driver=\"gelsd\"",
                        "float64[0, 4, 2], float64[0, 4, 1]",
                        "complex128[4, 2]{dominant}, complex128[4], driver=\"gels\""));
    }

    /** PyTorch's default on the CPU; CUDA has gels alone. */
    private static String driver(Call call) {
        return call.has("driver") ? call.text("driver") : "gelsy";
    }

    private static boolean isVector(Call call) {
        Shape self = call.shape("self");
        Shape b = call.shape("b");
        return b.rank() == 1 && self.rank() == 2 || b.equals(self.withoutDim(self.rank() - 1));
    }

    private static boolean hasResiduals(Call call) {
        Shape self = call.shape("self");
        return Matrices.rows(self) > Matrices.columns(self) && !driver(call).equals("gelsy");
    }

    private static List<TensorType> types(Call call) {
        Matrices.require(call, "self");
        Require.sameDtype(call, "self", "b");
        String driver = driver(call);
        Require.that(DRIVERS.contains(driver), "driver", "must be one of " + DRIVERS + ", but is '" + driver + "'");
        Shape self = call.shape("self");
        Shape given = call.shape("b");
        Shape batch = Matrices.batch(self);
        boolean vector = isVector(call);
        Shape b = vector ? given.insertDim(given.rank(), 1) : given;
        boolean fits =
                b.rank() == self.rank() && Matrices.batch(b).equals(batch) && Matrices.rows(b) == Matrices.rows(self);
        if (!fits) {
            throw Require.shape("b", "has shape " + given + ", which does not fit self of shape " + self);
        }
        TensorType type = call.type("self");
        TensorType real = type.withDtype(type.dtype().toReal());
        Shape solution = Matrices.with(batch, Matrices.columns(self));
        boolean values = driver.equals("gelsd") || driver.equals("gelss");
        TensorType none = Matrices.none(real);
        return List.of(
                type.withShape(vector ? solution : Matrices.with(solution, Matrices.columns(b))),
                hasResiduals(call) ? real.withShape(Matrices.with(batch, Matrices.columns(b))) : none,
                new TensorType(DType.INT64, driver.equals("gels") ? Shape.of(0) : batch),
                values ? real.withShape(Matrices.with(batch, Matrices.rank(self))) : none);
    }

    /**
     * X = A⁺·B, so B has A⁺ᴴ·G and A has the cotangent that A⁺ brings it from G·Bᴴ (Golub and Pereyra, 1973); where A is
     * of constant rank. The residuals R = A·X − B, at which X is least, add 2·R·diag(g)·Xᴴ and −2·R·diag(g).
     */
    private static List<@Nullable Expr> cotangents(Backward n) {
        boolean vector = isVector(n.call());
        Expr a = n.self();
        Expr b = vector ? n.arg("b").unsqueeze(-1) : n.arg("b");
        Expr x = vector ? n.result(0).unsqueeze(-1) : n.result(0);
        Expr ofA = null;
        Expr ofB = null;
        if (n.hasGrad(0)) {
            Expr grad = vector ? n.grad(0).unsqueeze(-1) : n.grad(0);
            Expr pseudoinverse = a.call("linalg_pinv");
            ofB = pseudoinverse.mH().matmul(grad);
            ofA = n.wants("self") ? ofInverse(grad.matmul(b.mH()), pseudoinverse, a) : null;
        }
        if (n.hasGrad(1) && hasResiduals(n.call())) {
            Expr residuals = a.matmul(x).sub(b).mul(n.grad(1).unsqueeze(-2)).mul(2.0);
            ofB = ofB == null ? residuals.neg() : ofB.sub(residuals);
            Expr more = residuals.matmul(x.mH());
            ofA = ofA == null ? more : ofA.add(more);
        }
        return Arrays.asList(ofA, ofB == null || !vector ? ofB : ofB.squeeze(-1));
    }

    /** dP = −P·dA·P + P·Pᴴ·dAᴴ·(I − A·P) + (I − P·A)·dAᴴ·Pᴴ·P for P = A⁺. */
    private static Expr ofInverse(Expr grad, Expr p, Expr a) {
        Expr adjoint = p.mH();
        Expr gradAdjoint = grad.mH();
        Expr left = gradAdjoint.matmul(p);
        Expr right = p.matmul(gradAdjoint);
        return adjoint.matmul(grad)
                .matmul(adjoint)
                .neg()
                .add(left.sub(a.matmul(p.matmul(left))).matmul(adjoint))
                .add(adjoint.matmul(right.sub(right.matmul(p).matmul(a))));
    }
}
