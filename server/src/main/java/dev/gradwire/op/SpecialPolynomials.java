package dev.gradwire.op;

import static dev.gradwire.op.Declaration.operator;

import java.util.List;

/** Orthogonal polynomials of degree n, cut to an integer; 0 for a negative one. As in PyTorch they have no derivative. */
final class SpecialPolynomials {
    private SpecialPolynomials() {}

    static List<Declaration> declarations() {
        return List.of(
                polynomial("chebyshev_polynomial_t", "Chebyshev polynomial of the first kind"),
                polynomial("chebyshev_polynomial_u", "Chebyshev polynomial of the second kind"),
                polynomial("chebyshev_polynomial_v", "Chebyshev polynomial of the third kind"),
                polynomial("chebyshev_polynomial_w", "Chebyshev polynomial of the fourth kind"),
                polynomial("shifted_chebyshev_polynomial_t", "Chebyshev polynomial of the first kind at 2 x − 1"),
                polynomial("shifted_chebyshev_polynomial_u", "Chebyshev polynomial of the second kind at 2 x − 1"),
                polynomial("shifted_chebyshev_polynomial_v", "Chebyshev polynomial of the third kind at 2 x − 1"),
                polynomial("shifted_chebyshev_polynomial_w", "Chebyshev polynomial of the fourth kind at 2 x − 1"),
                polynomial("hermite_polynomial_h", "physicist's Hermite polynomial"),
                polynomial("hermite_polynomial_he", "probabilist's Hermite polynomial"),
                polynomial("laguerre_polynomial_l", "Laguerre polynomial"),
                polynomial("legendre_polynomial_p", "Legendre polynomial"),
                bessel("airy_ai", "Airy function Ai"),
                bessel("spherical_bessel_j0", "spherical Bessel function sin x / x"),
                bessel("scaled_modified_bessel_k0", "eˣ K₀(x)"),
                bessel("scaled_modified_bessel_k1", "eˣ K₁(x)"));
    }

    private static Declaration polynomial(String name, String doc) {
        String special = "special_" + name;
        return operator(special + ".n_scalar(Tensor x, Scalar n) -> Tensor")
                .overload(special + ".x_scalar(Scalar x, Tensor n) -> Tensor")
                .overload(special + "(Tensor x, Tensor n) -> Tensor")
                .doc(doc)
                .types(Elementwise.toFullFloat("x", "n"))
                .kernel(special)
                .samples("float64[2, 3], 3", "float64[2, 1], int64[3]{0..5}", "0.5, int64[2]");
    }

    private static Declaration bessel(String name, String doc) {
        return operator("special_" + name + "(Tensor x) -> Tensor")
                .doc(doc)
                .types(Elementwise.toFullFloat("x"))
                .kernel("special_" + name)
                .samples("float64[2, 3]{0.1..4}");
    }
}
