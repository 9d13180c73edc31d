package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;
import static dev.gradwire.op.TypeRule.one;

import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/** Weights written as length and direction, limited lengths, polar factors, and grids of affine maps. */
final class Reparametrizations {
    /** Keeps PyTorch's quotient away from 0. */
    private static final double RENORM_EPSILON = 1e-7;

    private Reparametrizations() {}

    static List<Declaration> declarations() {
        return List.of(
                operator("norm_except_dim(Tensor v, int pow=2, int dim=0) -> Tensor")
                        .doc("norms over all dimensions but one, which are kept; over all for dim −1")
                        .composite(n -> List.of(normExcept(n.arg("v"), n.integer("pow"), n.integer("dim"))))
                        .complex()
                        .samples("float64[2, 3, 2]", "float64[2, 3], 3, 1", "float64[2, 2], 2, -1", "complex128[2, 2]"),
                operator("_weight_norm(Tensor v, Tensor g, int dim=0) -> Tensor")
                        .doc("g · v / norm_except_dim(v)")
                        .composite(n -> List.of(n.arg("v")
                                .mul(n.arg("g").div(normExcept(n.arg("v"), 2, n.integer("dim"))))))
                        .complex()
                        .samples("float64[2, 3], float64[2, 1]", "float64[2, 3], float64[1, 3], 1",
                                "complex128[2, 2], complex128[2, 1]"),
                operator("renorm(Tensor self, Scalar p, int dim, Scalar maxnorm) -> Tensor")
                        .doc("self with the slices along dim whose p-norm is above maxnorm scaled down to it")
                        .composite(n -> List.of(renorm(n)))
                        .complex()
                        .samples("float64[3, 2], 2, 0, 1.5", "float64[2, 3, 2], 1, 1, 2.0", "complex128[2, 2], 2, 0, 1.0"),
                operator("linalg_polar(Tensor A) -> (Tensor U, Tensor H)")
                        .doc("A = U·H with orthonormal columns in U and positive semidefinite H")
                        .gradFn("LinalgPolarBackward0")
                        .types(call -> {
                            Matrices.require(call, "A");
                            TensorType type = call.type("A");
                            long columns = Matrices.columns(type.shape());
                            Require.that(
                                    Matrices.rows(type.shape()) >= columns,
                                    "A",
                                    "must not have more columns than rows, but has shape " + type.shape());
                            Shape batch = Matrices.batch(type.shape());
                            return List.of(type, type.withShape(Matrices.with(batch, columns, columns)));
                        })
                        .vjp("A", Reparametrizations::polarVjp)
                        .decomposeAll(n -> {
                            List<Expr> svd = n.arg("A").calls("_linalg_svd", false, true);
                            Expr adjoint = svd.get(2);
                            Expr sizes = svd.get(1).unsqueeze(-1);
                            return List.of(
                                    svd.get(0).matmul(adjoint), adjoint.mH().matmul(adjoint.mul(sizes)));
                        })
                        .complex()
                        .samples("float64[3, 3]{dominant}", "float64[2, 3, 2]", "complex128[3, 2]", "float64[0, 0]"),
                operator("affine_grid_generator(Tensor theta, int[] size, bool align_corners) -> Tensor")
                        .doc("the places that an affine map makes of those of an image, −1 to 1 from border to border")
                        .gradFn("AffineGridGeneratorBackward0")
                        .types(one(call -> {
                            int spatial = call.ints("size").length - 2;
                            Require.that(spatial == 2 || spatial == 3, "size", "must be those of a batch of images");
                            long[] size = Factories.size(call).dims();
                            Require.shape(call, "theta", Shape.of(size[0], spatial, spatial + 1L), "a map for each image");
                            Require.floating(call, "theta");
                            return call.type("theta").withShape(grid(size));
                        }))
                        .vjp("theta", n -> {
                            Expr places = places(n);
                            Shape theta = n.shape("theta");
                            Expr grad = n.grad().reshape(theta.dim(0), places.size(0), theta.dim(1));
                            return grad.mT().matmul(places);
                        })
                        .decompose(n -> places(n).matmul(n.arg("theta").mT()).reshape(grid(n.ints("size"))))
                        .samples("float64[1, 2, 3], [1, 1, 2, 3], False", "float64[2, 3, 4], [2, 1, 1, 2, 3], True"));
    }

    private static Expr normExcept(Expr v, long order, long dim) {
        if (dim == -1) {
            return v.call("norm", order);
        }
        int kept = Dims.normalize("dim", dim, v.rank());
        long[] others = LongStream.range(0, v.rank()).filter(i -> i != kept).toArray();
        return v.call("linalg_vector_norm", order, others, true);
    }

    private static Expr renorm(Args n) {
        Expr self = n.arg("self");
        if (self.rank() < 2) {
            throw Require.shape("self", "must have at least 2 dimensions, but has shape " + self.shape());
        }
        Require.that(n.number("p") > 0, "p", "must be positive");
        Require.that(n.number("maxnorm") >= 0, "maxnorm", "must not be negative");
        int kept = n.dim("dim", self.rank());
        long[] others = LongStream.range(0, self.rank()).filter(i -> i != kept).toArray();
        Expr norms = self.call("linalg_vector_norm", n.raw("p"), others, true);
        Expr factors = norms.add(RENORM_EPSILON).reciprocal().mul(n.number("maxnorm"));
        return self.mul(norms.gt(n.number("maxnorm")).where(factors, 1.0));
    }

    /**
     * From {@code Uᴴ dA = Ω H + dH} with skew Ω and Hermitian dH: {@code Ω H + H Ω = Uᴴ dA − dAᴴ U} and
     * {@code dU = U Ω + (1 − U Uᴴ) dA H⁻¹}, transposed; the equation for Ω is solved in the basis of H's eigenvectors.
     */
    private static Expr polarVjp(Backward n) {
        Expr unitary = n.result(0);
        Expr positive = n.result(1);
        List<Expr> eigen = positive.calls("_linalg_eigh", "L", true);
        Expr values = eigen.get(0);
        Expr vectors = eigen.get(1);
        Expr ofPositive = Matrices.hermitian(n.grad(1));
        Expr turn = unitary.mH().matmul(n.grad(0)).sub(ofPositive.matmul(positive));
        Expr solved = vectors.mH()
                .matmul(turn)
                .matmul(vectors)
                .div(values.unsqueeze(-2).add(values.unsqueeze(-1)));
        Expr skew = Matrices.skew(vectors.matmul(solved).matmul(vectors.mH()));
        Expr inside = unitary.matmul(skew.add(ofPositive));
        if (unitary.size(-2) == unitary.size(-1)) {
            return inside;
        }
        Expr outside = n.grad(0).sub(unitary.matmul(unitary.mH().matmul(n.grad(0))));
        Expr inverse = vectors.div(values.unsqueeze(-2)).matmul(vectors.mH());
        return inside.add(outside.matmul(inverse));
    }

    private static Shape grid(long[] size) {
        List<Long> dims = new ArrayList<>(List.of(size[0]));
        Arrays.stream(size, 2, size.length).forEach(dims::add);
        dims.add(size.length - 2L);
        return Shape.of(dims);
    }

    /** The coordinates of all places, last dimension first, and a 1: [places, spatial + 1]. */
    private static Expr places(Args n) {
        long[] size = n.ints("size");
        int spatial = size.length - 2;
        DType dtype = n.type("theta").dtype();
        Shape shape = Shape.of(Arrays.copyOfRange(size, 2, size.length));
        List<Expr> columns = new ArrayList<>();
        for (int dim = spatial - 1; dim >= 0; dim--) {
            long[] aligned = new long[spatial];
            Arrays.fill(aligned, 1);
            aligned[dim] = shape.dim(dim);
            columns.add(line(n, shape.dim(dim)).to(dtype).reshape(aligned).expand(shape));
        }
        columns.add(n.full(new TensorType(dtype, shape), 1));
        return Expr.stack(columns, spatial).reshape(shape.elements(), spatial + 1L);
    }

    /** Centres of steps from −1 to 1; the ends themselves where corners are aligned, and 0 for a single step. */
    private static Expr line(Args n, long steps) {
        if (steps <= 1) {
            return n.full(TensorType.of(DType.FLOAT64, steps), 0);
        }
        Expr numbers = n.call("arange", steps).to(DType.FLOAT64);
        double width = n.bool("align_corners") ? 2.0 / (steps - 1) : 2.0 / steps;
        double first = n.bool("align_corners") ? -1 : -1 + 1.0 / steps;
        return numbers.mul(width).add(first);
    }
}
