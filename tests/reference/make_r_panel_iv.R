# Panel estimators (plm) and two-stage least squares (AER) in R, written to numbers/r_panel_iv.json.
# Run from the project's top folder:  Rscript tests/reference/make_r_panel_iv.R
suppressPackageStartupMessages({library(plm); library(AER); library(sandwich); library(jsonlite)})
read <- function(name) read.csv(file.path("data", paste0(name, ".csv")), stringsAsFactors = FALSE)
se_of <- function(v, terms) unname(sqrt(diag(v)[match(terms, colnames(v))]))
name_of <- function(r) sub("\\(Intercept\\)", "Intercept", r)

panel_case <- function(data, formula, method, effects, fit, prepare = NULL, robust = TRUE) {
  r <- names(coef(fit))
  # plm prints a squared correlation; here 1 - RSS/TSS, TSS about zero where the model has no constant
  y <- pmodel.response(fit); centre <- if (method == "first_difference") 0 else mean(y)
  se <- list(iid = se_of(vcov(fit), r))
  if (robust) {
    se[["cr0:unit"]] <- se_of(vcovHC(fit, method = "arellano", type = "HC0", cluster = "group"), r)
    se[["hc0"]] <- se_of(vcovHC(fit, method = "white1", type = "HC0"), r)
    # vcovSCC: Driscoll-Kraay of the transformed rows, no factor with type HC0
    if (method %in% c("within", "random")) for (lag in c(1, 2))
      se[[paste0("driscoll_kraay:", lag)]] <- se_of(vcovSCC(fit, type = "HC0", maxlag = lag), r)
  }
  out <- list(data = data, formula = formula, method = method, effects = effects, prepare = prepare,
    terms = name_of(r), coef = unname(coef(fit)), se = se, n = nobs(fit), df_resid = df.residual(fit),
    r2 = 1 - deviance(fit) / sum((y - centre)^2))
  if (method == "random") {
    theta <- fit$ercomp$theta; if (is.list(theta)) theta <- theta$id
    out$sigma <- unname(sqrt(fit$ercomp$sigma2[c("idios", "id")])); 
    # a number a row where the panel is not balanced; the tool prints the mean over units
    if (length(theta) > 1) theta <- tapply(theta, index(fit)[[1]], mean)
    out$theta <- mean(theta)
  }
  out
}
panels <- list()
m <- read("munnell"); m$lg <- log(m$gsp); m$lk <- log(m$pc); m$lp <- log(m$p_cap); m$le <- log(m$emp)
m <- m[c("state", "yr", "lg", "lp", "lk", "le", "unemp")]
gap <- m[(as.integer(factor(m$state)) * 5 + m$yr) %% 9 != 0, ]
f <- lg ~ lp + lk + le + unemp; text <- "lg ~ lp + lk + le + unemp"
for (set in c("balanced", "gapped")) {
  d <- pdata.frame(if (set == "balanced") m else gap, index = c("state", "yr"))
  add <- function(name, ...) panels[[paste(set, name, sep = "_")]] <<- panel_case("munnell", text, ..., prepare = set)
  add("within", "within", "unit", plm(f, d, model = "within"))
  add("within_twoways", "within", "twoways", plm(f, d, model = "within", effect = "twoways"), robust = FALSE)
  add("random", "random", "unit", plm(f, d, model = "random", random.method = "swar"))
  add("between", "between", "unit", plm(f, d, model = "between"), robust = FALSE)
  if (set == "balanced") add("first_difference", "first_difference", "unit", plm(update(f, . ~ . + 0), d, model = "fd"))
}
w <- pdata.frame(read("wagepan"), index = c("nr", "year"))
g <- lwage ~ educ + black + hisp + exper + expersq + married + union
text <- "lwage ~ educ + black + hisp + exper + expersq + married + union"
panels$wages_random <- panel_case("wagepan", text, "random", "unit", plm(g, w, model = "random"))
panels$wages_between <- panel_case("wagepan", text, "between", "unit", plm(g, w, model = "between"), robust = FALSE)

iv_case <- function(data, formula, fit, terms, clusters, options = list()) {
  r <- names(terms)
  se <- list(iid = se_of(vcov(fit), r), hc0 = se_of(vcovHC(fit, type = "HC0"), r), hc1 = se_of(vcovHC(fit, type = "HC1"), r))
  for (name in names(clusters)) {
    se[[paste0("cr0:", name)]] <- se_of(vcovCL(fit, cluster = clusters[[name]], type = "HC0", cadjust = FALSE), r)
    se[[paste0("cr1:", name)]] <- se_of(vcovCL(fit, cluster = clusters[[name]], type = "HC1", cadjust = TRUE), r)
  }
  if (length(clusters) == 2)
    se[[paste0("cr1:", paste(names(clusters), collapse = ","))]] <-
      se_of(vcovCL(fit, cluster = as.data.frame(clusters), type = "HC1", cadjust = TRUE, multi0 = FALSE), r)
  diagnostics <- summary(fit, diagnostics = TRUE)$diagnostics
  c(list(data = data, formula = formula, terms = unname(unlist(terms)), coef = unname(coef(fit)[r]), se = se,
    n = nobs(fit), df_resid = fit$df.residual, r2 = summary(fit)$r.squared, sigma = summary(fit)$sigma,
    first_stage = unname(diagnostics[grepl("Weak", rownames(diagnostics)), "statistic"])), options)
}
instruments <- list()
d <- read("crime4"); cl <- list(county = d$county, year = d$year)
fit <- ivreg(lcrmrte ~ lpctymle + ldensity + lpolpc | lpctymle + ldensity + lprbconv + lprbpris, data = d)
terms <- c("(Intercept)" = "Intercept", lpctymle = "lpctymle", ldensity = "ldensity", lpolpc = "lpolpc")
instruments$pooled <- iv_case("crime4", "lcrmrte ~ lpctymle + ldensity | lpolpc ~ lprbconv + lprbpris", fit, terms, cl)
fit <- ivreg(lcrmrte ~ lpctymle + ldensity + lpolpc + lprbarr | lpctymle + ldensity + lprbconv + lprbpris + lavgsen, data = d)
instruments$two_endogenous <- iv_case("crime4", "lcrmrte ~ lpctymle + ldensity | lpolpc + lprbarr ~ lprbconv + lprbpris + lavgsen",
  fit, c(terms, lprbarr = "lprbarr"), cl)
fit <- ivreg(lcrmrte ~ ldensity + lpolpc + factor(county) + factor(year) | ldensity + lprbconv + lprbpris + factor(county) + factor(year), data = d)
instruments$two_way <- iv_case("crime4", "lcrmrte ~ ldensity | county + year | lpolpc ~ lprbconv + lprbpris", fit,
  c(ldensity = "ldensity", lpolpc = "lpolpc"), cl)
fit <- ivreg(lcrmrte ~ lpctymle + ldensity + lpolpc | lpctymle + ldensity + lprbconv, data = d, weights = density)
instruments$weighted <- iv_case("crime4", "lcrmrte ~ lpctymle + ldensity | lpolpc ~ lprbconv", fit, terms, cl,
  list(weights = list(density = "analytic")))
out <- list(software = R.version.string,
  packages = lapply(setNames(nm = c("plm", "AER", "sandwich", "jsonlite")), function(p) as.character(packageVersion(p))),
  command = "Rscript tests/reference/make_r_panel_iv.R", date = "2026-11-25", panel = panels, iv = instruments)
write(toJSON(out, digits = NA, auto_unbox = TRUE, pretty = TRUE, null = "null", na = "null"),
      "tests/reference/numbers/r_panel_iv.json")
