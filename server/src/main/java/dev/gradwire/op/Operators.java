package dev.gradwire.op;

import dev.gradwire.graph.OperatorTable;
import dev.gradwire.op.Declaration.Overload;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** All operators, by name. The families are listed here, the operators only in their family. */
public final class Operators implements OperatorTable {
    private static final Operators ALL = new Operators();

    private final List<Declaration> declarations = Stream.of(
                    Transforms.declarations(),
                    Mapping.declarations(),
                    SparseDerivatives.declarations(),
                    Calls.declarations(),
                    Branches.declarations(),
                    Loops.declarations(),
                    Factories.declarations(),
                    Views.declarations(),
                    Parts.declarations(),
                    Splits.declarations(),
                    Reshapes.declarations(),
                    Joins.declarations(),
                    Moves.declarations(),
                    Pads.declarations(),
                    Diagonals.declarations(),
                    Indexing.declarations(),
                    Indices.declarations(),
                    Scatters.declarations(),
                    MaskedIndexing.declarations(),
                    IndexReductions.declarations(),
                    SegmentReductions.declarations(),
                    MaskedReductions.declarations(),
                    Differences.declarations(),
                    Correlation.declarations(),
                    Reductions.declarations(),
                    Extrema.declarations(),
                    Sorting.declarations(),
                    Quantiles.declarations(),
                    Scans.declarations(),
                    Statistics.declarations(),
                    Norms.declarations(),
                    Products.declarations(),
                    Matmul.declarations(),
                    Einsum.declarations(),
                    Cholesky.declarations(),
                    LinearSolves.declarations(),
                    TriangularSolves.declarations(),
                    Lu.declarations(),
                    Qr.declarations(),
                    Householder.declarations(),
                    Determinants.declarations(),
                    LeastSquares.declarations(),
                    MatrixFunctions.declarations(),
                    Eigen.declarations(),
                    SingularValues.declarations(),
                    PseudoInverse.declarations(),
                    MatrixNorms.declarations(),
                    Softmax.declarations(),
                    Normalization.declarations(),
                    BatchNormalization.declarations(),
                    RunningStatistics.declarations(),
                    GroupNormalization.declarations(),
                    PointwiseLosses.declarations(),
                    GaussianLoss.declarations(),
                    ClassLosses.declarations(),
                    Embedding.declarations(),
                    EmbeddingBags.declarations(),
                    Convolution.declarations(),
                    ConvolutionForms.declarations(),
                    MaxPooling.declarations(),
                    FractionalPooling.declarations(),
                    AveragePooling.declarations(),
                    Unfolding.declarations(),
                    Attention.declarations(),
                    Bilinear.declarations(),
                    DistanceLosses.declarations(),
                    Distances.declarations(),
                    GridSampling.declarations(),
                    TriangleIndices.declarations(),
                    RandomFactories.declarations(),
                    Distributions.declarations(),
                    Dropout.declarations(),
                    RandomActivation.declarations(),
                    Resampling.declarations(),
                    Shuffles.declarations(),
                    MarginLosses.declarations(),
                    CtcLoss.declarations(),
                    Arithmetic.declarations(),
                    Copies.declarations(),
                    ComplexParts.declarations(),
                    Powers.declarations(),
                    Rounding.declarations(),
                    Fourier.declarations(),
                    FourierForms.declarations(),
                    FramedTransforms.declarations(),
                    SignalWindows.declarations(),
                    Comparison.declarations(),
                    Selection.declarations(),
                    Clamping.declarations(),
                    Exponential.declarations(),
                    Trigonometric.declarations(),
                    Special.declarations(),
                    SpecialPolynomials.declarations(),
                    Searching.declarations(),
                    RecurrentCells.declarations(),
                    RecurrentLayers.declarations(),
                    Activation.declarations(),
                    SmoothActivation.declarations())
            .flatMap(List::stream)
            .toList();
    private final Map<String, List<Overload>> byName = new LinkedHashMap<>();

    private Operators() {
        for (Declaration declaration : declarations) {
            for (Overload overload : declaration.overloads()) {
                register(overload.schema().name(), overload.schema().overload(), overload);
                declaration
                        .aliases()
                        .forEach(alias -> register(alias, overload.schema().overload(), overload));
            }
        }
    }

    private void register(String name, String overloadName, Overload overload) {
        byName.computeIfAbsent(name, _ -> new ArrayList<>()).add(overload);
        if (!overloadName.isEmpty()) {
            byName.computeIfAbsent(name + "." + overloadName, _ -> new ArrayList<>())
                    .add(overload);
        } else {
            byName.computeIfAbsent(name + ".default", _ -> new ArrayList<>()).add(overload);
        }
    }

    public static Operators all() {
        return ALL;
    }

    @Override
    public List<Overload> overloads(String name) {
        String bare = name.startsWith("aten.") ? name.substring("aten.".length()) : name;
        return byName.getOrDefault(bare, List.of());
    }

    /** What clients may call. */
    public List<Declaration> declarations() {
        return declarations.stream()
                .filter(declaration -> !declaration.isInternal())
                .toList();
    }
}
