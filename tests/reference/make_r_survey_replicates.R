# Estimates of R's survey with replicate weights on the test panel, written to numbers/r_survey_replicates.json.
# Run from the project's top folder:  Rscript tests/reference/make_r_survey_replicates.R
suppressPackageStartupMessages({library(survey); library(jsonlite)})
v <- function(k) ((k * k * 7919 + k * 104729 + 12345) %% 100003) / 100003
# no column may be called g: svyglm evaluates its call of that name inside the data
d <- expand.grid(t = 1:8, i = 1:60); d$k <- 8 * (d$i - 1) + d$t
d$first <- c(0, 4, 5, 7)[d$i %% 4 + 1]; d$D <- as.integer(d$first > 0 & d$t >= d$first)
d$x <- v(1000 + d$i); d$z <- v(2000 + d$k); d$w <- 3 * (0.5 + v(3000 + d$i)); d$c <- 1 + (d$i - 1) %/% 5
d$y <- 1 + 2 * v(5000 + d$i) + 0.2 * d$t + 0.3 * d$x * d$t + 0.5 * d$z + d$D * (0.4 + 0.1 * (d$t - d$first)) + v(4000 + d$k) - 0.5
stopifnot(abs(sum(d$y) - 1956.3339819805) < 1e-8)
# strata of three clusters c (15 units i) for jkn and bootstrap, pairs of units for balanced repeated replication
d$s <- 1 + (d$c - 1) %/% 3; d$f <- 1 + d$k %% 3; d$pair <- (d$i + 1) %/% 2
stratified <- svydesign(~i, strata = ~s, weights = ~w, data = d)
paired <- svydesign(~i, strata = ~pair, weights = ~w, data = d)
set.seed(20130103)
made <- list(
  brr = as.svrepdesign(paired, type = "BRR"),
  fay = as.svrepdesign(paired, type = "Fay", fay.rho = 0.3),
  jk1 = as.svrepdesign(svydesign(~c, weights = ~w, data = d), type = "JK1"),
  jkn = as.svrepdesign(stratified, type = "JKn"),
  bootstrap = as.svrepdesign(stratified, type = "subbootstrap", replicates = 25))
factors <- lapply(made, function(m) as.matrix(weights(m, "replication")))
# factors are those of the units i: one row each
stopifnot(all(sapply(factors, function(f) all(f == f[match(d$i, d$i), ]))))
kinds <- c(brr = "BRR", fay = "Fay", jk1 = "JK1", jkn = "JKn", bootstrap = "bootstrap")
design <- function(name, mse, combined, extra) {
  f <- factors[[name]]
  args <- list(data = d, repweights = if (combined) f * d$w else f, weights = ~w, type = kinds[[name]],
    combined.weights = combined, mse = mse)
  if (name == "fay") args$rho <- 0.3
  if (name == "jkn" && combined) args$rscales <- made$jkn$rscales
  suppressWarnings(do.call(svrepdesign, c(args, extra)))
}
plain <- function(e) list(estimate = unname(coef(e)), se = as.vector(unname(SE(e))))
two_stage <- function(w, data) {
  z <- cbind(1, data$t, data$x); r <- cbind(1, data$t, data$z + data$x)
  h <- z %*% solve(crossprod(z, w * z), crossprod(z, w * r))
  as.vector(solve(crossprod(h, w * r), crossprod(h, w * data$y)))
}
settings <- list(
  brr = list("brr", FALSE, TRUE, list()), brr_mse = list("brr", TRUE, TRUE, list()),
  fay = list("fay", FALSE, TRUE, list()), fay_factors = list("fay", TRUE, FALSE, list()),
  jk1 = list("jk1", FALSE, TRUE, list()), jk1_factors = list("jk1", FALSE, FALSE, list()),
  jk1_scale = list("jk1", FALSE, TRUE, list(scale = 0.5)),
  jkn = list("jkn", FALSE, TRUE, list()), jkn_factors = list("jkn", TRUE, FALSE, list()),
  bootstrap = list("bootstrap", FALSE, TRUE, list()), bootstrap_mse = list("bootstrap", TRUE, TRUE, list()),
  bootstrap_scales = list("bootstrap", FALSE, TRUE, list(scale = 2, rscales = c(0, seq(0.01, 0.24, by = 0.01)))))
domains <- list(all = quote(rep(TRUE, nrow(d))), early = quote(d$t <= 5), half = quote(d$z > 0.5))
out <- list()
for (name in names(settings)) for (dom in names(domains)) {
  a <- settings[[name]]
  s <- subset(do.call(design, a), eval(domains[[dom]]))
  m <- svymean(~y + z, s, deff = TRUE); wr <- svymean(~y + z, s, deff = "replace"); tot <- svytotal(~y, s, deff = TRUE)
  p <- svyciprop(~D, s, method = "logit")
  fit <- svyglm(y ~ D + z, s)
  ratio <- svyratio(~y, ~z, s)
  iv <- withReplicates(s, two_stage)
  e <- list(design = a[[1]], mse = a[[2]], combined = a[[3]], scale = a[[4]]$scale, rscales = a[[4]]$rscales,
    domain = dom, degf = degf(s), mean = plain(m), total = plain(tot), ratio = plain(ratio), iv = plain(iv),
    regression = list(estimate = unname(coef(fit)), se = unname(sqrt(diag(vcov(fit))))),
    deff_mean = unname(deff(m)), deff_total = as.vector(deff(tot)), deff_replace = unname(deff(wr)),
    proportion = as.numeric(p), proportion_se = as.vector(sqrt(attr(p, "var")))[1], proportion_ci = unname(as.numeric(confint(p))))
  if (a[[1]] %in% c("brr", "fay", "bootstrap")) {
    q <- svyquantile(~y, s, c(0.1, 0.5, 0.9), interval.type = "quantile", qrule = "math")$y
    e$quantiles <- list(estimate = unname(q[, 1]), low = unname(q[, 2]), high = unname(q[, 3]), se = unname(q[, 4]))
  }
  f <- svychisq(~f + D, s, statistic = "F"); x2 <- svychisq(~f + D, s, statistic = "Chisq")
  e$rao_scott <- list(f = unname(f$statistic), df = unname(f$parameter), p = as.numeric(f$p.value), p_chisq = as.numeric(x2$p.value))
  by <- svyby(~y, ~D, s, svymean, covmat = TRUE)
  e$by <- list(estimate = unname(coef(by)), se = unname(SE(by)))
  ctr <- svycontrast(by, c(-1, 1)); e$difference <- list(estimate = as.numeric(ctr), se = as.vector(SE(ctr)))
  out[[paste(name, dom, sep = "_")]] <- e
}
first <- match(1:60, d$i)
writeLines(toJSON(list(made_with = paste("R", getRversion(), "survey", packageVersion("survey")),
  factors = lapply(factors, function(f) unname(f[first, ])), jkn_rscales = made$jkn$rscales, cases = out),
  auto_unbox = TRUE, digits = NA, null = "null"), "tests/reference/numbers/r_survey_replicates.json")
