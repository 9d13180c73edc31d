package dev.gradwire.op;

import static dev.gradwire.op.Reshapes.composite;

import dev.gradwire.tensor.Shape;
import java.util.List;

/** Covariances; rows are variables, columns observations. */
final class Correlation {
    private Correlation() {}

    static List<Declaration> declarations() {
        return List.of(
                composite(
                                "cov(Tensor self, *, int correction=1, Tensor? fweights=None, Tensor? aweights=None)",
                                Correlation::cov)
                        .doc("the covariance matrix of rows, each column weighted by fweights · aweights")
                        .complex()
                        .samples("float64[2, 4]", "float64[4]", "complex128[2, 4]"),
                composite("corrcoef(Tensor self)", Correlation::corrcoef)
                        .doc("the matrix of correlations of rows")
                        .complex()
                        .samples("float64[2, 4]", "complex128[2, 4]"));
    }

    private static Expr cov(Args n) {
        Require.rank(n.call(), "self", 0, 1, 2);
        Expr in = n.rank("self") < 2 ? n.self().call("view", new long[] {1, -1}) : n.self();
        long correction = n.integer("correction");
        if (!n.has("fweights") && !n.has("aweights")) {
            long count = in.size(1);
            Expr centred = in.sub(in.sum(1).div(count).unsqueeze(1));
            double norm = Math.max(0, (double) count - correction);
            return centred.mm(centred.call("t").conj()).div(norm).call("squeeze");
        }
        Expr weights = weights(n, in.size(1));
        Expr sum = weights.sumAll();
        Expr centred = in.sub(in.mul(weights).sum(1).div(sum).unsqueeze(1));
        Expr corrected = n.has("aweights") && correction != 0
                ? weights.mul(n.arg("aweights")).sumAll().mul(correction).div(sum)
                : Expr.of(n.builder(), Expr.argument(correction));
        Expr norm = sum.sub(corrected).call("clamp_min", 0);
        Expr weighted = in.sub(in.mul(weights).sum(1).div(sum).unsqueeze(1)).mul(weights);
        return centred.mm(weighted.to(centred.dtype()).call("t").conj())
                .div(norm)
                .call("squeeze");
    }

    private static Expr weights(Args n, long observations) {
        for (String parameter : List.of("fweights", "aweights")) {
            if (n.has(parameter)) {
                Require.shape(n.call(), parameter, Shape.of(observations), "one for each observation");
            }
        }
        if (!n.has("fweights") || !n.has("aweights")) {
            return n.arg(n.has("fweights") ? "fweights" : "aweights");
        }
        return n.arg("fweights").mul(n.arg("aweights"));
    }

    private static Expr corrcoef(Args n) {
        Expr covariance = n.self().call("cov");
        if (covariance.rank() == 0) {
            return covariance.div(covariance);
        }
        Expr deviation = covariance.call("diag").real().sqrt();
        Expr correlation = covariance
                .div(deviation.call("view", new long[] {-1, 1}))
                .div(deviation.call("view", new long[] {1, -1}));
        return correlation.dtype().isComplex()
                ? clamped(correlation.real()).complex(clamped(correlation.imag()))
                : clamped(correlation);
    }

    private static Expr clamped(Expr correlation) {
        return correlation.call("clamp", -1, 1);
    }
}
