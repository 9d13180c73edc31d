package dev.gradwire.op;

import dev.gradwire.graph.OperatorTable;
import dev.gradwire.op.Declaration.Overload;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** All operators, by name. The families are listed here, the operators only in their family. */
public final class Operators implements OperatorTable {
    /**
     * Operators that are declared in one class.
     *
     * @param name the class's, as words: {@code Batch normalization}
     */
    public record Family(String name, List<Declaration> declarations) {}

    private static final Operators ALL = new Operators();

    private final List<Family> families = List.of(
            family(Transforms.class, Transforms.declarations()),
            family(Mapping.class, Mapping.declarations()),
            family(SparseDerivatives.class, SparseDerivatives.declarations()),
            family(Calls.class, Calls.declarations()),
            family(Branches.class, Branches.declarations()),
            family(Loops.class, Loops.declarations()),
            family(Factories.class, Factories.declarations()),
            family(Views.class, Views.declarations()),
            family(Parts.class, Parts.declarations()),
            family(Splits.class, Splits.declarations()),
            family(Reshapes.class, Reshapes.declarations()),
            family(Joins.class, Joins.declarations()),
            family(Moves.class, Moves.declarations()),
            family(Pads.class, Pads.declarations()),
            family(Diagonals.class, Diagonals.declarations()),
            family(Indexing.class, Indexing.declarations()),
            family(Indices.class, Indices.declarations()),
            family(Scatters.class, Scatters.declarations()),
            family(MaskedIndexing.class, MaskedIndexing.declarations()),
            family(IndexReductions.class, IndexReductions.declarations()),
            family(SegmentReductions.class, SegmentReductions.declarations()),
            family(MaskedReductions.class, MaskedReductions.declarations()),
            family(Differences.class, Differences.declarations()),
            family(Correlation.class, Correlation.declarations()),
            family(Reductions.class, Reductions.declarations()),
            family(Extrema.class, Extrema.declarations()),
            family(Sorting.class, Sorting.declarations()),
            family(Quantiles.class, Quantiles.declarations()),
            family(Scans.class, Scans.declarations()),
            family(Statistics.class, Statistics.declarations()),
            family(Norms.class, Norms.declarations()),
            family(Products.class, Products.declarations()),
            family(Matmul.class, Matmul.declarations()),
            family(Reflected.class, Reflected.declarations()),
            family(Einsum.class, Einsum.declarations()),
            family(Cholesky.class, Cholesky.declarations()),
            family(LinearSolves.class, LinearSolves.declarations()),
            family(TriangularSolves.class, TriangularSolves.declarations()),
            family(Lu.class, Lu.declarations()),
            family(Qr.class, Qr.declarations()),
            family(Householder.class, Householder.declarations()),
            family(Determinants.class, Determinants.declarations()),
            family(LeastSquares.class, LeastSquares.declarations()),
            family(MatrixFunctions.class, MatrixFunctions.declarations()),
            family(Eigen.class, Eigen.declarations()),
            family(SingularValues.class, SingularValues.declarations()),
            family(PseudoInverse.class, PseudoInverse.declarations()),
            family(MatrixNorms.class, MatrixNorms.declarations()),
            family(Softmax.class, Softmax.declarations()),
            family(Normalization.class, Normalization.declarations()),
            family(BatchNormalization.class, BatchNormalization.declarations()),
            family(RunningStatistics.class, RunningStatistics.declarations()),
            family(GroupNormalization.class, GroupNormalization.declarations()),
            family(PointwiseLosses.class, PointwiseLosses.declarations()),
            family(GaussianLoss.class, GaussianLoss.declarations()),
            family(ClassLosses.class, ClassLosses.declarations()),
            family(Embedding.class, Embedding.declarations()),
            family(EmbeddingBags.class, EmbeddingBags.declarations()),
            family(Convolution.class, Convolution.declarations()),
            family(ConvolutionForms.class, ConvolutionForms.declarations()),
            family(MaxPooling.class, MaxPooling.declarations()),
            family(FractionalPooling.class, FractionalPooling.declarations()),
            family(AveragePooling.class, AveragePooling.declarations()),
            family(Unfolding.class, Unfolding.declarations()),
            family(Attention.class, Attention.declarations()),
            family(AttentionByRows.class, AttentionByRows.declarations()),
            family(Bilinear.class, Bilinear.declarations()),
            family(DistanceLosses.class, DistanceLosses.declarations()),
            family(Distances.class, Distances.declarations()),
            family(GridSampling.class, GridSampling.declarations()),
            family(TriangleIndices.class, TriangleIndices.declarations()),
            family(RandomFactories.class, RandomFactories.declarations()),
            family(Distributions.class, Distributions.declarations()),
            family(Dropout.class, Dropout.declarations()),
            family(RandomActivation.class, RandomActivation.declarations()),
            family(Resampling.class, Resampling.declarations()),
            family(Shuffles.class, Shuffles.declarations()),
            family(MarginLosses.class, MarginLosses.declarations()),
            family(CtcLoss.class, CtcLoss.declarations()),
            family(Arithmetic.class, Arithmetic.declarations()),
            family(Copies.class, Copies.declarations()),
            family(ComplexParts.class, ComplexParts.declarations()),
            family(Powers.class, Powers.declarations()),
            family(Rounding.class, Rounding.declarations()),
            family(Fourier.class, Fourier.declarations()),
            family(FourierForms.class, FourierForms.declarations()),
            family(FramedTransforms.class, FramedTransforms.declarations()),
            family(SignalWindows.class, SignalWindows.declarations()),
            family(Comparison.class, Comparison.declarations()),
            family(Selection.class, Selection.declarations()),
            family(Clamping.class, Clamping.declarations()),
            family(Exponential.class, Exponential.declarations()),
            family(Trigonometric.class, Trigonometric.declarations()),
            family(Special.class, Special.declarations()),
            family(SpecialPolynomials.class, SpecialPolynomials.declarations()),
            family(Searching.class, Searching.declarations()),
            family(RecurrentCells.class, RecurrentCells.declarations()),
            family(RecurrentLayers.class, RecurrentLayers.declarations()),
            family(Activation.class, Activation.declarations()),
            family(SmoothActivation.class, SmoothActivation.declarations()));
    private final Map<String, List<Overload>> byName = new LinkedHashMap<>();

    private Operators() {
        for (Declaration declaration : everything().toList()) {
            for (Overload overload : declaration.overloads()) {
                register(overload.schema().name(), overload.schema().overload(), overload);
                declaration
                        .aliases()
                        .forEach(alias -> register(alias, overload.schema().overload(), overload));
            }
        }
    }

    private static Family family(Class<?> source, List<Declaration> declarations) {
        String[] words = source.getSimpleName().split("(?=[A-Z])");
        String first = words[0];
        words[0] = "";
        return new Family(first + String.join(" ", words).toLowerCase(Locale.ROOT), List.copyOf(declarations));
    }

    private Stream<Declaration> everything() {
        return families.stream().flatMap(family -> family.declarations().stream());
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
        List<Overload> known = byName.get(name);
        return known != null ? known : byName.getOrDefault(Spelling.inAten(name), List.of());
    }

    /** What clients may call. */
    public List<Declaration> declarations() {
        return everything().filter(declaration -> !declaration.isInternal()).toList();
    }

    /** All operators, in families. */
    public List<Family> families() {
        return families;
    }
}
