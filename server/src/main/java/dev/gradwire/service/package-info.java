/**
 * The gRPC service: decode, check limits, admit, run, stream, encode. A call goes through {@link
 * dev.gradwire.service.AutogradService}; what it is refused with is made in one place, {@link
 * dev.gradwire.service.Errors}. Handlers never compute: work runs on {@link dev.gradwire.runtime.Lanes}.
 */
@NullMarked
package dev.gradwire.service;

import org.jspecify.annotations.NullMarked;
